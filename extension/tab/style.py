"""The style sheet of the tab. Its elements take their colours from the page, light or dark."""

# In the studio nobody else has chosen a theme, and gradio's white on orange is hard to read.
STUDIO_CSS = """
.gradio-container{--button-primary-background-fill:#c2410c;--button-primary-background-fill-hover:#9a3412;
 --button-primary-text-color:#fff;--button-primary-text-color-hover:#fff;
 --button-cancel-background-fill:#b91c1c;--button-cancel-background-fill-hover:#991b1b;
 --button-cancel-text-color:#fff;--button-cancel-text-color-hover:#fff}
"""
BLUE, ORANGE = "#2f7fd8", "#d6781e"

CSS = """
.cefr-bar{height:10px;border-radius:5px;background:rgba(128,128,128,.25);overflow:hidden;margin:6px 0}
.cefr-bar>div{height:100%;background:#2f7fd8}
.cefr-bar.busy>div{width:30%;animation:cefr-move 1.6s ease-in-out infinite alternate}
@keyframes cefr-move{from{margin-left:0}to{margin-left:70%}}
@media (prefers-reduced-motion: reduce){.cefr-bar.busy>div{animation:none;width:100%;opacity:.5}}
.cefr-scroll{overflow-x:auto}
.cefr-table{border-collapse:collapse;width:100%}
.cefr-table,.cefr-table tr,.cefr-table th,.cefr-table td{border:0!important}
.cefr-table th,.cefr-table td{border-bottom:1px solid rgba(128,128,128,.3)!important;padding:5px 9px;text-align:left;
 vertical-align:top;color:inherit}
.cefr-table td.number,.cefr-table th.number{text-align:right;font-variant-numeric:tabular-nums}
.cefr-table.prose td{white-space:pre-wrap;width:40%}
.cefr-table.prose td:first-child{width:20%}
.cefr-table tr.flag td{background:rgba(214,120,30,.14)}
.cefr-note{padding:9px 13px;border-left:4px solid #2f7fd8;background:rgba(47,127,216,.1);border-radius:4px;
 white-space:pre-line;overflow-wrap:anywhere;margin:4px 0}
.cefr-note.error{border-color:#c9402f;background:rgba(201,64,47,.12)}
.cefr-note.good{border-color:#2c9152;background:rgba(44,145,82,.12)}
.cefr-record{white-space:pre-wrap;font-family:monospace;font-size:.9em;padding:9px;margin:6px 0;
 border:1px solid rgba(128,128,128,.3);border-radius:4px}
#cefr-evaluate-result ul{list-style:disc outside;padding-left:1.4em;margin:8px 0}
.cefr-unseen{display:none!important}
.cefr-next{font-size:1.1em;margin:2px 0}
.cefr-chart{width:100%;max-width:760px;font-size:11px}
.cefr-why{opacity:.85}
@media (max-width:640px){
#cefr-write-edit textarea{min-height:5.2em}
.cefr-chart{font-size:26px}
.cefr-table th,.cefr-table td{padding:5px}
.cefr-table.figures{min-width:900px}
.cefr-table.sheet th,.cefr-table.prose th:first-child{display:none}
.cefr-table.sheet tr,.cefr-table.prose tr{display:flex;flex-wrap:wrap;padding:4px 0;
 border-bottom:1px solid rgba(128,128,128,.3)!important}
.cefr-table.sheet tr.flag{background:rgba(214,120,30,.14)}
.cefr-table.sheet td,.cefr-table.prose td{border:0!important;padding:2px 6px;background:none!important}
.cefr-table.prose td,.cefr-table.prose th{width:50%}
.cefr-table.prose td:first-child{font-weight:bold;width:100%}
.cefr-table.sheet td:empty{display:none}
.cefr-table.sheet td:nth-child(2){font-weight:bold;flex:1}
.cefr-table.sheet td:nth-child(3){flex:1 0 100%}
}
#cefr-panes{--block-info-text-color:var(--body-text-color);--body-text-color-subdued:var(--body-text-color)}
#cefr-panes .label-wrap{text-align:left}
#cefr-panes fieldset>.wrap{margin-top:6px}
#cefr-panes .form{gap:12px 16px;background:none;border:0;box-shadow:none;overflow:visible}
"""
