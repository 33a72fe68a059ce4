"""Every text of the tab, in English and Turkish. A key with `.info` is the small print of the field before it."""

from __future__ import annotations

from typing import Any

from ..training.preflight import PROBLEMS

LANGUAGES = ("en", "tr")

# key: (English, Turkish)
TEXTS: dict[str, tuple[str, str]] = {
    # The head of the tab
    "head.model": ("Model", "Model"),
    "head.no_model": ("none loaded", "yüklü değil"),
    "head.lora": ("LoRA applied", "Uygulanan LoRA"),
    "head.none": ("none", "yok"),
    "head.next": ("Next", "Sıradaki adım"),
    "head.running": ("Running", "Çalışıyor"),
    "next.data": (
        "make training files in the Data pane: your own table, or the starter pairs.",
        "Veri bölmesinde eğitim dosyalarını oluşturun: kendi tablonuz ya da başlangıç çiftleri.",
    ),
    "next.model": (
        "load a Transformers model: in the webui's Model tab, or start the studio with --model.",
        "bir Transformers modeli yükleyin: webui'nin Model sekmesinden ya da studio'yu --model ile başlatarak.",
    ),
    "next.train": ("train an adapter in the Train pane.", "Eğit bölmesinde bir adaptör eğitin."),
    "next.evaluate": (
        "see in the Evaluate pane how good the adapter is, then write.",
        "Değerlendir bölmesinde adaptörün ne kadar iyi olduğuna bakın, sonra yazdırın.",
    ),
    "next.write": (
        "write sentences in the Write pane, or apply the adapter for Chat.",
        "Yaz bölmesinde cümle yazdırın ya da adaptörü Sohbet için uygulayın.",
    ),
    "next.words": ("write sentences in the Write pane.", "Yaz bölmesinde cümle yazdırın."),
    "next.chat": (
        "chat: /cefr A1: happy, book, friend",
        "sohbet edin: /cefr A1: happy, book, friend",
    ),
    # Panes
    "pane.data": ("1 Data", "1 Veri"),
    "pane.train": ("2 Train", "2 Eğit"),
    "pane.estimate": ("2 Train", "2 Eğit"),
    "pane.evaluate": ("3 Evaluate", "3 Değerlendir"),
    "pane.write": ("4 Write", "4 Yaz"),
    "pane.apply": ("5 Apply and chat", "5 Uygula ve sohbet et"),
    # Jobs
    "job.left": ("{left} left", "{left} kaldı"),
    "job.stopping": ("Stopping after this step ...", "Bu adımdan sonra duracak ..."),
    "job.busy": ("Working ...", "Çalışıyor ..."),
    # Data
    "data.table": ("Table of words and sentences", "Kelime ve cümle tablosu"),
    "data.table.info": (
        "The starter pairs, or a table in the webui's datasets folder (CSV, TSV, JSON, Excel, Parquet)",
        "Başlangıç çiftleri ya da webui'nin datasets klasöründeki bir tablo (CSV, TSV, JSON, Excel, Parquet)",
    ),
    "data.starter": ("Starter pairs", "Başlangıç çiftleri"),
    "data.upload": ("or send a table", "ya da bir tablo gönderin"),
    "data.level": ("Level", "Düzey"),
    "data.name": ("Name of the files", "Dosyaların adı"),
    "data.records": ("Records", "Kayıt sayısı"),
    "data.records.info": (
        "Training examples, those for evaluation among them; each asks for 6 to 10 words",
        "Değerlendirme kayıtları dahil eğitim örnekleri; her biri 6-10 kelime ister",
    ),
    "data.share": ("Share for evaluation", "Değerlendirme payı"),
    "data.share.info": (
        "These words are never trained on, so that the evaluation is honest",
        "Bu kelimeler eğitimde hiç kullanılmaz; böylece değerlendirme dürüst olur",
    ),
    "data.mix": ("Words a record : percent", "Kayıt başına kelime : yüzde"),
    "data.chunk": ("Chunk length to compare with (tokens)", "Karşılaştırılacak parça uzunluğu (token)"),
    "data.chunk.info": (
        "Training PRO's chunk length; our own training never cuts a record",
        "Training PRO'nun parça uzunluğu; bizim eğitim hiçbir kaydı bölmez",
    ),
    "data.replace": ("Replace files of that name", "Aynı adlı dosyaları değiştir"),
    "data.check": ("Look at the table", "Tabloya bak"),
    "data.export": ("Export", "Dışa aktar"),
    "data.exported": (
        "The files are in {folder}. The other panes see them.",
        "Dosyalar {folder} klasöründe. Diğer bölmeler onları görüyor.",
    ),
    "data.read": ("read", "okunan"),
    "data.used": ("used", "kullanılan"),
    "data.other_level": ("of another level", "başka düzeyden"),
    "data.doubled": ("doubled", "yinelenen"),
    "data.blank": ("blank", "boş"),
    "data.rejected": ("rejected", "reddedilen"),
    "data.rejects": ("Rejected rows (the first ten)", "Reddedilen satırlar (ilk on)"),
    "data.row": ("row", "satır"),
    "data.word": ("word", "kelime"),
    "data.reason": ("reason", "neden"),
    "data.side": ("side", "taraf"),
    "data.words": ("words", "kelimeler"),
    "data.sentences": ("sentences", "cümleler"),
    "data.uses": ("uses of a sentence", "cümle kullanımı"),
    "data.sizes": ("words a record: records", "kayıt başına kelime: kayıt"),
    "data.preview": ("Three of the records", "Kayıtlardan üçü"),
    "data.lengths": ("Lengths of the records", "Kayıt uzunlukları"),
    "data.tokens": ("tokens", "token"),
    "data.over": ("longer than the chunk of {chunk}", "{chunk} tokenlik parçadan uzun"),
    "data.slicer": (
        "With this chunk length Training PRO would cut {cut} of {records} records in two; nothing is cut from {safe} "
        "tokens on.",
        "Bu parça uzunluğuyla Training PRO {records} kaydın {cut} tanesini ikiye bölerdi; {safe} tokenden itibaren "
        "hiçbiri bölünmez.",
    ),
    "data.no_tokens": (
        "Load a model to see how many tokens the records have.",
        "Kayıtların kaç token olduğunu görmek için bir model yükleyin.",
    ),
    # Train
    "train.dataset": ("Training file", "Eğitim dosyası"),
    "train.dataset.info": ("Its evaluation file is taken too", "Değerlendirme dosyası da kullanılır"),
    "train.name": ("Name of the adapter", "Adaptörün adı"),
    "train.level": ("Recipe for level", "Düzeyin tarifi"),
    "train.level.info": (
        "Fills every field below and says why",
        "Aşağıdaki bütün alanları doldurur ve nedenini söyler",
    ),
    "train.replace": ("Replace the adapter of that name", "Aynı adlı adaptörü değiştir"),
    "train.settings": ("Settings of the recipe", "Tarifin ayarları"),
    "train.advanced": ("Advanced settings", "Gelişmiş ayarlar"),
    "train.kind": ("Recipe", "Tarif"),
    "train.kind.info": (
        "fast: tuned for minutes on a small model; classic: the settings people use for large ones",
        "hızlı: küçük modelde dakikalar için ayarlı; klasik: büyük modellerde kullanılan ayarlar",
    ),
    "train.kind.fast": ("fast", "hızlı"),
    "train.kind.classic": ("classic", "klasik"),
    "train.marks": (
        "BOS: {bos}, once, as the tokenizer does. EOS: {eos}, once after each answer. Padding is never learned.",
        "BOS: {bos}, tokenizer'ın yaptığı gibi bir kez. EOS: {eos}, her yanıttan sonra bir kez. Dolgu öğrenilmez.",
    ),
    "train.no_bos": ("none, this model has none", "yok, bu modelde bulunmuyor"),
    "train.estimate": ("Check and estimate", "Denetle ve tahmin et"),
    "train.start": ("Start training", "Eğitimi başlat"),
    "train.stop": ("Stop", "Durdur"),
    "train.resume": ("Resume", "Sürdür"),
    "train.unfinished": ("Unfinished runs", "Bitmemiş eğitimler"),
    "train.estimating": ("Trying two batches", "İki batch deneniyor"),
    "train.loading": ("Getting the model and the records", "Model ve kayıtlar hazırlanıyor"),
    "train.ready": (
        "Ready. {records} records make {steps} steps of {at_once} x {accumulation} (accumulation) records, about "
        "{time} on this machine; memory at most about {memory}. "
        "{trained} of {parameters} million parameters are trained.",
        "Hazır. {records} kayıt, {at_once} x {accumulation} (biriktirme) kayıtlık {steps} adım eder; bu makinede "
        "yaklaşık {time}; bellek en çok yaklaşık {memory}. "
        "{parameters} milyon parametrenin {trained} milyonu eğitilir.",
    ),
    "train.longer": (
        "{longer} records are longer than the cutoff and are left out.",
        "{longer} kayıt kesme sınırından uzun, dışarıda kalıyor.",
    ),
    "train.problems": ("This has to be mended first:", "Önce şunlar düzeltilmeli:"),
    "train.step": ("Step {step} of {total}", "Adım {step} / {total}"),
    "train.loss": ("training loss", "eğitim kaybı"),
    "train.eval_loss": ("evaluation loss, unseen words", "değerlendirme kaybı, görülmemiş kelimeler"),
    "train.rate": ("learning rate", "öğrenme oranı"),
    "train.memory": ("memory", "bellek"),
    "train.steps": ("step", "adım"),
    "train.done": (
        "Trained: the adapter {name} is ready. Loss on unseen words {before} before, {after} after.",
        "Eğitildi: {name} adaptörü hazır. Görülmemiş kelimelerde kayıp: önce {before}, sonra {after}.",
    ),
    "train.done_plain": ("Trained: the adapter {name} is ready.", "Eğitildi: {name} adaptörü hazır."),
    "train.stopped": (
        "Stopped at step {step} of {total}. What it has is kept as the adapter {name}; Resume goes on.",
        "{total} adımın {step}. adımında durduruldu. Elindekiler {name} adaptörü olarak saklandı; Sürdür devam eder.",
    ),
    "train.interrupted": (
        "The run {name} was ended from outside at step {step}. Resume goes on from its last checkpoint.",
        "{name} eğitimi {step}. adımda dışarıdan sonlandırıldı. Sürdür, son kayıt noktasından devam eder.",
    ),
    "train.nothing": ("Nothing is running.", "Çalışan bir şey yok."),
    # Evaluate
    "evaluate.adapter": ("Adapter", "Adaptör"),
    "evaluate.dataset": ("Evaluation file", "Değerlendirme dosyası"),
    "evaluate.dataset.info": ("Words that no training record asks for", "Hiçbir eğitim kaydının istemediği kelimeler"),
    "evaluate.prompts": ("Prompts to answer", "Yanıtlanacak istem sayısı"),
    "evaluate.run": ("Evaluate", "Değerlendir"),
    "evaluate.measure": ("measure", "ölçü"),
    "evaluate.base": ("base", "temel model"),
    "evaluate.with": ("with adapter", "adaptörle"),
    "evaluate.retrieval": ("training sentence found for the word", "kelime için bulunan eğitim cümlesi"),
    "evaluate.own": ("evaluation file's sentences", "değerlendirme dosyasının cümleleri"),
    "evaluate.human": ("human reference", "insan başvuru değeri"),
    "evaluate.report": ("Report (HTML)", "Rapor (HTML)"),
    "measure.loss": ("response loss", "yanıt kaybı"),
    "measure.perplexity": ("perplexity", "perplexity"),
    "measure.well_formed": ("well-formed lists", "biçimi doğru listeler"),
    "measure.used": ("words used", "kullanılan kelimeler"),
    "measure.used_unseen": ("- of words never seen", "- hiç görülmemiş kelimelerden"),
    "measure.used_inside": ("- of words inside other sentences", "- başka cümlelerde geçen kelimelerden"),
    "measure.used_asked": ("- of words trained on", "- eğitimde istenen kelimelerden"),
    "measure.control_error": ("ControlError", "ControlError"),
    "measure.exact": ("at the level", "tam düzeyinde"),
    "measure.within_one": ("within one level", "en çok bir düzey uzakta"),
    "measure.above": ("tokens above the level", "düzeyin üstündeki sözcükler"),
    "measure.readability": (
        "readability index (second measure of level)",
        "okunabilirlik dizini (düzeyin ikinci ölçüsü)",
    ),
    "measure.length": ("words a sentence", "cümle başına kelime"),
    "measure.distinct_1": ("distinct-1", "distinct-1"),
    "measure.distinct_2": ("distinct-2", "distinct-2"),
    "measure.opening": ("commonest opening", "en sık cümle başı"),
    "measure.near_duplicates": ("near-duplicates", "neredeyse aynı cümleler"),
    "measure.copied": ("copied from training", "eğitimden kopyalanan"),
    "measure.fluency": ("perplexity for the base model", "temel modele göre perplexity"),
    "evaluate.answers": ("The same prompts, side by side", "Aynı istemler, yan yana"),
    "evaluate.note": (
        "Loss over {records} records; the rest over {lists} prompts, greedy decoding. In brackets the 95 % interval; "
        "the report says what each figure means.",
        "Kayıp {records} kayıt, gerisi {lists} istem üzerinden, açgözlü çözümlemeyle. Ayraç içinde %95 güven aralığı; "
        "her değerin anlamı raporda.",
    ),
    "evaluate.part_base": ("Base", "Temel model"),
    "evaluate.part_adapter": ("With the adapter", "Adaptörle"),
    "evaluate.part_fluency": ("Measuring the sentences", "Cümleler ölçülüyor"),
    # Write
    "write.strict": ("Strict vocabulary", "Katı kelime dağarcığı"),
    "write.strict.info": (
        "The model can use no other words than those of the level and the ones asked for",
        "Model, düzeyin kelimeleri ve istenenler dışında kelime kullanamaz",
    ),
    "apply.strict": ("Strict vocabulary in Chat", "Sohbette katı kelime dağarcığı"),
    "apply.strict.info": (
        "Answers to /cefr keep to the words of the level (Transformers models only)",
        "/cefr cevapları düzeyin kelimelerinde kalır (yalnız Transformers modelleri)",
    ),
    "write.words": ("Words", "Kelimeler"),
    "write.words.info": (
        "One a line or with commas, any number",
        "Her satıra bir tane ya da virgülle, istediğiniz kadar",
    ),
    "write.level": ("Level", "Düzey"),
    "write.adapter": ("Adapter", "Adaptör"),
    "write.none": ("none, the model as it is", "yok, model olduğu gibi"),
    "write.prompt": ("The exact prompt ({lists})", "Tam istem ({lists})"),
    "write.message": ("The exact message, for the chat template ({lists})", "Sohbet şablonu için tam ileti ({lists})"),
    "write.count": (
        "{words} words in {lists} prompts of at most 10: the model was trained on lists of 6 to 10.",
        "{words} kelime, en çok 10'arlık {lists} istemde: model 6-10'luk listelerle eğitildi.",
    ),
    "write.candidates": ("Candidates a word", "Kelime başına aday"),
    "write.candidates.info": (
        "The best that passes all checks is taken",
        "Bütün denetimlerden geçenlerin en iyisi alınır",
    ),
    "write.tries": ("Tries", "Deneme"),
    "write.tries.info": (
        "What fails is asked for again, so often in all",
        "Başarısız olan yeniden istenir; toplam bu kadar",
    ),
    "write.run": ("Write", "Yaz"),
    "write.row": ("Row to write anew", "Yeniden yazılacak satır"),
    "write.redo": ("Write this row anew", "Bu satırı yeniden yaz"),
    "write.csv": ("Download CSV", "CSV indir"),
    "write.tsv": ("Download for Anki (TSV)", "Anki için indir (TSV)"),
    "write.apkg": ("Download for Anki (package)", "Anki için indir (paket)"),
    "write.number": ("no.", "no."),
    "write.word": ("word", "kelime"),
    "write.sentence": ("sentence", "cümle"),
    "write.used": ("word used?", "kelime var mı?"),
    "write.sentence_level": ("level", "düzey"),
    "write.above": ("words above the level", "düzeyin üstündeki kelimeler"),
    "write.yes": ("yes", "evet"),
    "write.no_row": ("There is no row {row}.", "{row}. satır yok."),
    "write.no": ("NO", "HAYIR"),
    "write.no_sentence": ("(no sentence)", "(cümle yok)"),
    "write.tried": ("tries", "deneme"),
    "write.reason": ("what is wrong", "sorun"),
    "write.reason.not a word": ("not a word: {detail}", "kelime değil: {detail}"),
    "write.reason.repeated": ("asked for before, in row {detail}", "daha önce, {detail}. satırda istendi"),
    "write.reason.server": ("no answer: {detail}", "yanıt yok: {detail}"),
    "write.reason.missing": ("the model wrote no sentence", "model cümle yazmadı"),
    "write.reason.fragment": ("not a whole sentence", "tam bir cümle değil"),
    "write.reason.markup": ("markup or a piece of the prompt in it", "içinde işaret ya da istem parçası var"),
    "write.reason.several": ("more than one sentence", "birden çok cümle"),
    "write.reason.unused": ("the word is not in it", "kelime cümlede yok"),
    "write.reason.hard": ("too hard for the level", "düzey için fazla zor"),
    "write.reason.easy": ("too easy for the level", "düzey için fazla kolay"),
    "write.reason.copy": ("a sentence of the training data", "eğitim verisindeki bir cümle"),
    "write.reason.duplicate": ("another row has it too", "başka bir satırda da var"),
    "write.reason.similar": ("another row has nearly the same", "başka bir satırda neredeyse aynısı var"),
    "write.reason.opening": ("too many rows begin like it", "çok fazla satır böyle başlıyor"),
    "write.writing": ("Writing", "Yazılıyor"),
    "write.once_more": ("Once more (try {attempt})", "Yeniden ({attempt}. deneme)"),
    "write.some_flagged": (
        "{n} rows are marked: no sentence passed all checks.",
        "{n} satır işaretli: hiçbir cümle bütün denetimlerden geçmedi.",
    ),
    "write.some_skipped": (
        "{n} rows were not asked for: repeated, or no words.",
        "{n} satır istenmedi: yinelenmiş ya da kelime değil.",
    ),
    "write.done": ("{used} of {words} words used.", "{words} kelimenin {used} tanesi kullanıldı."),
    "write.other_level": (
        "The adapter {name} was trained for {trained}, not for {level}.",
        "{name} adaptörü {level} için değil, {trained} için eğitildi.",
    ),
    # Apply
    "apply.adapter": ("Adapter", "Adaptör"),
    "apply.run": ("Apply and check", "Uygula ve denetle"),
    "apply.off": ("Take off", "Kaldır"),
    "apply.done": (
        "{name} is applied: {layers} layers, and the next word's score changes by up to {difference}. Chat now asks "
        "the way the adapter was trained: instruct mode, template CEFR Sentences.",
        "{name} uygulandı: {layers} katman; sonraki kelimenin puanı en çok {difference} değişiyor. Sohbet artık "
        "adaptörün eğitildiği biçimde soruyor: instruct kipi, CEFR Sentences şablonu.",
    ),
    "apply.is_off": ("No LoRA is applied any more.", "Artık uygulanan LoRA yok."),
    "apply.chat": (
        "In the Chat tab, write a command like this one:",
        "Sohbet sekmesinde şuna benzer bir komut yazın:",
    ),
    # The doctor
    "doctor.title": ("Doctor: check this webui", "Doktor: bu webui'yi denetle"),
    "doctor.run": ("Examine", "Muayene et"),
    "doctor.status": ("status", "durum"),
    "doctor.check": ("what", "ne"),
    "doctor.found": ("found", "bulunan"),
    "doctor.means": ("what it means", "anlamı"),
    "doctor.next": ("next step", "sonraki adım"),
    "doctor.problem": ("problem", "sorun"),
    "doctor.note": ("note", "not"),
    "doctor.well": ("{n} checks found nothing wrong.", "{n} denetimde sorun bulunmadı."),
    "doctor.adapt": (
        "Adapt Training PRO to the installed versions while it runs (its files stay as they are)",
        "Training PRO'yu çalışırken kurulu sürümlere uyarla (dosyaları olduğu gibi kalır)",
    ),
    "doctor.adapted": ("Training PRO is adapted: {names}.", "Training PRO uyarlandı: {names}."),
    "doctor.not_adapted": ("Training PRO is as it was.", "Training PRO eski hâlinde."),
    "doctor.no_training_pro": (
        "Training PRO is not loaded in this webui.",
        "Bu webui'de Training PRO yüklü değil.",
    ),
    # What stops a training; its English stands in training/preflight.py
    "problem.no_model": ("", "Yüklü model yok. Önce bir Transformers modeli yükleyin."),
    "problem.cannot_train": (
        "",
        "{name}, {loader} ile çalışıyor; böyle bir model (GGUF, ExLlama, sunucu) eğitilemez. Aynı modelin "
        "Transformers sürümünü yükleyin: config.json ve .safetensors dosyaları olan bir klasör. Yazdırma bu modelle de "
        "çalışır.",
    ),
    "problem.lora_applied": (
        "",
        "{adapters} LoRA'sı uygulanmış; üzerine yapılan eğitim ona bağlı kalırdı. Önce kaldırın.",
    ),
    "problem.portable": (
        "",
        "Bu Python'da torch, transformers ve peft yok: taşınabilir sürüm eğitemez. Tam webui'yi kurun ya da başka "
        "yerde eğitip adaptörü loras klasörüne kopyalayın.",
    ),
    "problem.multi-user": (
        "",
        "webui birden çok kullanıcı için çalışıyor (--multi-user); webui'nin kendi eğitimi gibi bu da kapalı.",
    ),
    "problem.name_in_use": ("", "{name} adaptörü var. Başka bir ad seçin ya da değiştirme kutusunu işaretleyin."),
    "problem.no_dataset": ("", "Eğitim dosyası seçilmedi. Veri bölmesinde bir tane oluşturun."),
    "problem.few_records": (
        "",
        "{records} kayıt çok az: bir model yanıtın biçimini aşağı yukarı {needed} kayıttan sonra öğrenir. Daha çok "
        "kayıt dışa aktarın.",
    ),
    "problem.too_long": (
        "",
        "{records} kaydın {longer} tanesi {cutoff} tokenlik sınırdan uzun ve dışarıda kalırdı. {setting} "
        "ayarını {longest} yapın.",
    ),
    "problem.slow_tokenizer": (
        "",
        "Bu modelin tokenizer'ı yavaş türden; hangi tokenin hangi kelimeye ait olduğunu söyleyemez. {setting} "
        "ayarını 1 yapın.",
    ),
    "problem.needs_package": (
        "",
        "{setting} {value}, {package} paketini ister; kurulu değil. Kurun (pip install {package}) ya da başka bir "
        "değer seçin.",
    ),
    "off": (
        "Writing files and changing the model are off, because the webui runs for several users (--multi-user).",
        "webui birden çok kullanıcı için çalıştığından (--multi-user) dosya yazmak ve modeli değiştirmek kapalı.",
    ),
}


def text(key: str, language: str = "en", **values: Any) -> str:
    """The text `key` in `language`, with `values` filled in."""
    found = TEXTS[key][LANGUAGES.index(language)] or PROBLEMS[key.removeprefix("problem.")]
    return found.format(**values)


def language_of(header: str | None) -> str:
    """The language for a browser's `accept-language`: the first one in it that we have, else English."""
    for entry in (header or "").lower().split(","):
        code = entry.split(";")[0].strip().split("-")[0]
        if code in LANGUAGES:
            return code
    return "en"
