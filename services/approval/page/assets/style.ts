/** The page's looks: calm, one accent, light and dark as the system says, one column on a phone. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f8; --card: #ffffff; --sunk: #f1f3f4; --line: #dde2e5; --text: #16202a; --soft: #556370;
  --accent: #0f6b63; --accent-text: #ffffff; --accent-soft: #e2f1ef;
  --good: #1a6b3c; --good-soft: #e3f3e9; --bad: #a52a22; --bad-soft: #fbe9e7; --wait: #85530a; --wait-soft: #fcf0d9;
  --mark: #ffe9a8; --mark-text: #3d2c00; --unseen: #7a1fa0; --unseen-soft: #f4e5fa;
  --radius: 12px; --shadow: 0 1px 2px rgb(16 32 42 / .05), 0 4px 16px rgb(16 32 42 / .04);
  --sans: Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  --mono: "JetBrains Mono", ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1417; --card: #171e22; --sunk: #11181b; --line: #2b353b; --text: #e6ecef; --soft: #9fadb6;
    --accent: #4fc7b8; --accent-text: #06211e; --accent-soft: #12312e;
    --good: #7ed6a1; --good-soft: #14301f; --bad: #ff9d93; --bad-soft: #3a1a18; --wait: #f0c070; --wait-soft: #33270f;
    --mark: #5a4300; --mark-text: #ffe9a8; --unseen: #dfa6f5; --unseen-soft: #351a42;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.55 var(--sans); }
h1, h2, h3, p, ol, ul, dl, dd, figure { margin: 0; padding: 0; }
h1 { font-size: 1.45rem; line-height: 1.3; letter-spacing: -.012em; font-weight: 650; }
h2 { font-size: 1.02rem; font-weight: 650; }
h3 { font-size: .88rem; font-weight: 600; }
a { color: var(--accent); text-underline-offset: .18em; }
code, pre, textarea.code { font-family: var(--mono); font-size: .875em; }
small, .soft { color: var(--soft); font-size: .875rem; }
bdi { unicode-bidi: isolate; }
[hidden] { display: none !important; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 6px; }
main:focus { outline: none; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: .6rem; background: var(--card); padding: .4rem .8rem; z-index: 9; }

.top { display: flex; align-items: center; gap: .5rem 1.5rem; flex-wrap: wrap; padding: .7rem max(1.25rem, calc((100vw - 69.5rem) / 2));
  background: var(--card); border-bottom: 1px solid var(--line); }
.brand { display: flex; align-items: center; gap: .55rem; font-weight: 680; color: var(--text); text-decoration: none; letter-spacing: -.01em; }
.mark { width: 1.15rem; height: 1.3rem; border-radius: .6rem .6rem 2px 2px; background: linear-gradient(90deg, var(--accent) 52%, transparent 52% 60%, color-mix(in srgb, var(--accent) 45%, transparent) 60%); }
.top nav { display: flex; gap: .25rem; }
.top nav a { padding: .3rem .7rem; border-radius: 8px; text-decoration: none; color: var(--soft); font-weight: 550; font-size: .94rem; }
.top nav a:hover { background: var(--sunk); }
.top nav a[aria-current] { color: var(--accent); background: var(--accent-soft); }
.who { margin-left: auto; display: flex; align-items: center; gap: .75rem; color: var(--soft); font-size: .94rem; }
main { max-width: 72rem; margin: 0 auto; padding: 1.75rem 1.25rem 5rem; display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1fr); }
.headline { display: flex; align-items: baseline; gap: .35rem 1rem; flex-wrap: wrap; }
.headline > :last-child:not(h1) { margin-left: auto; }

button, .button { font: inherit; font-weight: 600; font-size: .97rem; padding: .6rem 1.05rem; border-radius: 10px; border: 1px solid var(--line);
  background: var(--card); color: var(--text); cursor: pointer; text-decoration: none; display: inline-block; min-height: 2.75rem; }
button:hover, .button:hover { border-color: var(--soft); }
button.go { background: var(--accent); border-color: var(--accent); color: var(--accent-text); }
button.go:hover { filter: brightness(1.08); }
button.no { color: var(--bad); border-color: color-mix(in srgb, var(--bad) 45%, var(--line)); }
button.quiet, .button.quiet { padding: .25rem .6rem; min-height: 0; font-weight: 500; font-size: .9rem; background: none; }
label, .label { display: block; font-size: .88rem; font-weight: 600; margin-bottom: .25rem; }
input, select, textarea { font: inherit; width: 100%; padding: .5rem .65rem; border: 1px solid color-mix(in srgb, var(--soft) 55%, var(--line)); border-radius: 8px; background: var(--card); color: var(--text); }
input[type=checkbox] { width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--accent); flex: none; }
textarea { resize: vertical; min-height: 4.5rem; line-height: 1.5; }
.check { display: flex; gap: .55rem; align-items: center; font-weight: 500; }
.actions { display: flex; gap: .6rem; flex-wrap: wrap; }
details > summary { cursor: pointer; font-weight: 600; font-size: .94rem; padding: .2rem 0; }
details[open] > summary { margin-bottom: .75rem; }
kbd { font: 600 .75rem var(--mono); border: 1px solid var(--line); border-bottom-width: 2px; border-radius: 5px; padding: .05rem .35rem; background: var(--sunk); color: var(--soft); }

.card { background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); padding: 1.1rem 1.25rem; display: grid; gap: .8rem; min-width: 0; }
.chip { display: inline-block; font-size: .8rem; font-weight: 600; padding: .1rem .6rem; border-radius: 99px; background: var(--sunk); color: var(--soft); white-space: nowrap; }
.chip.wait { background: var(--wait-soft); color: var(--wait); } .chip.good { background: var(--good-soft); color: var(--good); }
.chip.bad { background: var(--bad-soft); color: var(--bad); }
.chips { display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; }
.rule { font-family: var(--mono); font-size: .8rem; padding: .1rem .5rem; border-radius: 6px; background: var(--accent-soft); color: var(--accent); overflow-wrap: anywhere; }
.found { font-size: .85rem; padding: .1rem .5rem; border-radius: 6px; background: var(--mark); color: var(--mark-text); overflow-wrap: anywhere; }
.notice { border-radius: var(--radius); padding: .85rem 1.15rem; border: 1px solid var(--line); background: var(--card); display: grid; gap: .3rem; }
.notice.good { background: var(--good-soft); border-color: transparent; } .notice.bad { background: var(--bad-soft); border-color: transparent; }
.notice.wait { background: var(--wait-soft); border-color: transparent; }
.notice strong { font-weight: 650; }
.message { max-width: 34rem; margin: 8vh auto 0; display: grid; gap: 1rem; justify-items: start; }
.empty { text-align: center; padding: 4rem 1rem; color: var(--soft); display: grid; gap: .35rem; }

.filters form { display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: .8rem; align-items: end; }
.rows { list-style: none; display: grid; gap: .7rem; }
.row { position: relative; grid-template-columns: minmax(0, 1fr) auto; gap: .35rem 1rem; padding: .95rem 1.2rem; transition: border-color .12s; }
.row:hover, .row:focus-within { border-color: var(--accent); }
.row h2 { font-weight: 600; } .row h2 a { color: inherit; text-decoration: none; }
.row h2 a::after { content: ""; position: absolute; inset: 0; border-radius: var(--radius); }
.row h2 a:focus-visible { outline: none; } .row h2 a:focus-visible::after { outline: 3px solid var(--accent); outline-offset: 2px; }
.row .when { text-align: right; color: var(--soft); font-size: .88rem; }
.progress { display: flex; flex-wrap: wrap; gap: .3rem 1rem; font-size: .9rem; color: var(--soft); align-items: center; }
.seats { display: inline-flex; gap: 3px; vertical-align: middle; margin-left: .35rem; }
.seats i { width: .8rem; height: .8rem; border-radius: 99px; border: 2px solid var(--soft); } .seats i.taken { background: var(--good); border-color: var(--good); }

.detail { display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1fr); align-items: start; }
.detail > * { display: grid; gap: 1.25rem; min-width: 0; }
@media (max-width: 61.99rem) { .detail.columns > * { display: contents; } #decide { order: 1; } .after { order: 2; } }
@media (min-width: 62rem) { .detail.columns { grid-template-columns: minmax(0, 1fr) 21.5rem; } .detail.columns > aside { position: sticky; top: 1.25rem; } .jump { display: none; } }
.jump { position: fixed; right: 1rem; bottom: 1rem; z-index: 5; background: var(--accent); color: var(--accent-text); box-shadow: 0 4px 18px rgb(0 0 0 / .25); border: 0; }
.facts { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .3rem 1rem; font-size: .9rem; }
.facts dt { color: var(--soft); } .facts dd { overflow-wrap: anywhere; }
.decide form { display: grid; gap: .65rem; } .decide hr { border: 0; border-top: 1px solid var(--line); margin: .2rem 0; width: 100%; }
.wide { width: 100%; text-align: center; }
.part { gap: .6rem; } .part.new { border-left: 4px solid var(--accent); }
.part > header { display: flex; gap: .6rem; align-items: center; }
.item > .soft { font-family: var(--mono); font-size: .78rem; overflow-wrap: anywhere; }
.text { font-family: var(--sans); white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; font-size: .97rem; margin: 0; }
.text.json { font-family: var(--mono); font-size: .85rem; background: var(--sunk); border-radius: 8px; padding: .65rem .8rem; }
mark { background: var(--mark); color: var(--mark-text); border-radius: 4px; padding: .06em .16em; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.unseen { font: 600 .72rem var(--mono); color: var(--unseen); background: var(--unseen-soft); border-radius: 4px; padding: .05rem .3rem; unicode-bidi: isolate; white-space: nowrap; vertical-align: .08em; }
.attachment { display: flex; gap: .4rem 1rem; flex-wrap: wrap; font-size: .9rem; } .attachment code { overflow-wrap: anywhere; }
.matches { list-style: none; display: grid; gap: .55rem; font-size: .92rem; } .matches code { overflow-wrap: anywhere; }
.diff { display: grid; gap: .7rem; } .diff > div { display: grid; gap: .25rem; }
.diff pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--sunk); border-radius: 8px; padding: .65rem .8rem; unicode-bidi: plaintext; }
ins { text-decoration: none; background: var(--good-soft); color: var(--good); border-radius: 3px; font-weight: 600; }
del { background: var(--bad-soft); color: var(--bad); border-radius: 3px; }
.history { list-style: none; display: grid; gap: .8rem; font-size: .93rem; border-left: 2px solid var(--line); padding-left: 1.1rem; margin-left: .35rem; }
.history li { position: relative; } .history li::before { content: ""; position: absolute; left: -1.5rem; top: .5rem; width: .6rem; height: .6rem; border-radius: 99px; background: var(--soft); border: 2px solid var(--card); }
.history blockquote { margin: .15rem 0 0; color: var(--soft); overflow-wrap: anywhere; unicode-bidi: plaintext; white-space: pre-wrap; }
.edit form { display: grid; gap: 1.1rem; grid-template-columns: minmax(0, 1fr); } .edit form > * { min-width: 0; }
.edit textarea { min-height: 3rem; field-sizing: content; max-height: 60vh; min-width: 100%; max-width: 100%; overflow-wrap: anywhere; }
.table { overflow-x: auto; } table { border-collapse: collapse; font-size: .93rem; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .4rem .7rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { text-align: left; padding-left: 0; font-weight: 500; } thead th { color: var(--soft); font-weight: 600; font-size: .85rem; }
tbody tr:last-child > * { border-bottom: 0; }
dialog { border: 1px solid var(--line); border-radius: var(--radius); background: var(--card); color: var(--text); padding: 1.25rem 1.5rem; max-width: 24rem; }
dialog::backdrop { background: rgb(8 16 20 / .45); }
.keys { display: grid; grid-template-columns: auto 1fr; gap: .4rem 1rem; font-size: .93rem; margin: .7rem 0 1rem; }
@media (max-width: 40rem) {
  main { padding: 1.15rem .9rem 5.5rem; } .top { padding: .6rem .9rem; gap: .5rem; } .who bdi, .brand-name, [data-keys] { display: none; }
  .top { flex-wrap: nowrap; gap: .35rem; } .top nav { min-width: 0; overflow-x: auto; gap: 0; } .top nav a { padding: .3rem .32rem; font-size: .82rem; }
  .who button.quiet { padding: .2rem .4rem; font-size: .78rem; white-space: nowrap; }
  .row { grid-template-columns: minmax(0, 1fr); } .row .when { text-align: left; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; scroll-behavior: auto !important; } }
@media print { .top, .decide, .jump { display: none; } }
`;
