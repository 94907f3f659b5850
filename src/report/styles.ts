/**
 * @module
 * The style sheet of reports. Light and dark are two sets of variables; charts use the same ones.
 *
 * Contrast: every colour of text has at least 4.5 : 1 on the page and on panels, in both schemes.
 */

const LIGHT = `
  --page: #ffffff; --panel: #f6f7f9; --text: #1b2027; --muted: #57606c; --rule: #dde1e7;
  --grid: #e6e9ee; --axis: #9aa3af; --cell: #f0f2f5;
  --real: #1d5fbf; --training: #5b7fb0; --synthetic: #b3470c; --held-out: rgb(29 95 191 / .08);
  --note: #fff7e0; --note-rule: #b98900; --good: #17703c; --bad: #b3261e; --outage: rgb(179 38 30 / .1);`;

const DARK = `
  --page: #11151a; --panel: #191f26; --text: #e7eaee; --muted: #a3adb9; --rule: #2c343e;
  --grid: #262d36; --axis: #66717e; --cell: #1b2129;
  --real: #6fabff; --training: #6f8fbd; --synthetic: #ff9d5c; --held-out: rgb(111 171 255 / .12);
  --note: #2a2412; --note-rule: #d3a72a; --good: #6fcf97; --bad: #ff8f87; --outage: rgb(255 143 135 / .16);`;

/** The variables of both schemes, for a page or an SVG file. */
export const COLORS = `
:root { color-scheme: light dark; ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root { ${DARK} } }
`;

export const STYLES = `${COLORS}* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
main { max-width: 1168px; margin: 0 auto; padding: 28px 24px 56px; }
h1, h2, h3 { line-height: 1.25; font-weight: 650; text-wrap: balance; }
h1 { font-size: 1.75rem; margin: 4px 0 6px; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 44px 0 12px; padding-top: 18px; border-top: 1px solid var(--rule); overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 24px 0 8px; }
p { margin: 0 0 10px; max-width: 72ch; }
pre { font: .9rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
.kicker, .sub { color: var(--muted); margin: 0; }
.kicker { font-size: .85rem; font-weight: 600; letter-spacing: .02em; }
.muted { color: var(--muted); font-weight: 400; }
.real { color: var(--real); } .synthetic { color: var(--synthetic); }

.hero { display: grid; grid-template-columns: minmax(230px, 1fr) minmax(0, 2.1fr); gap: 20px 48px; align-items: center; margin: 24px 0 8px; padding: 22px 26px; background: var(--panel); border-radius: 10px; }
.score { margin: 0; line-height: 1; white-space: nowrap; font-size: 4.6rem; font-weight: 700; letter-spacing: -.03em; }
.score small { font-size: 1.1rem; font-weight: 500; letter-spacing: 0; color: var(--muted); }
.score.none { font-size: 2rem; color: var(--muted); letter-spacing: 0; }
.hero h2 { margin: 0 0 6px; padding: 0; border: 0; font-size: .95rem; color: var(--muted); }
.hero p { margin: 8px 0 0; }
.aspects { margin: 0; padding: 0; list-style: none; display: grid; gap: 9px; }
.aspects li { display: grid; grid-template-columns: 5.4rem minmax(60px, 1fr) 3rem; gap: 2px 12px; align-items: center; }
.aspects b { font-weight: 600; }
.aspects .number { text-align: right; font-weight: 600; }
.aspects .about { grid-column: 2 / 4; color: var(--muted); font-size: .82rem; line-height: 1.35; }
.bar { display: block; height: 10px; border-radius: 3px; background: var(--grid); overflow: hidden; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.bar i { display: block; height: 100%; background: var(--synthetic); border-radius: 3px 0 0 3px; }


.verdict { margin: 0; font-size: 2rem; font-weight: 700; line-height: 1.15; overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--bad); }
.tiles { margin: 0; display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 14px 20px; }
.tiles dt { color: var(--muted); font-size: .84rem; } .tiles dd { margin: 0; font-size: 1.25rem; font-weight: 650; line-height: 1.3; overflow-wrap: anywhere; }
.tiles dd small { display: block; color: var(--muted); font-size: .8rem; font-weight: 400; }
tr.all > * { font-weight: 650; border-top: 1px solid var(--rule); }
.account { margin: 0 0 6px; max-width: none; }

.notes { margin: 20px 0; padding: 12px 18px; background: var(--note); border-left: 4px solid var(--note-rule); border-radius: 4px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.notes h2 { margin: 0 0 4px; padding: 0; border: 0; font-size: .95rem; }
.notes ul { margin: 0; padding-left: 1.2em; }
.notes li { overflow-wrap: anywhere; }

.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: 16px; }
.card { padding: 14px 18px; border: 1px solid var(--rule); border-radius: 8px; border-top: 3px solid var(--rule); min-width: 0; }
.card.of-real { border-top-color: var(--real); } .card.of-synthetic { border-top-color: var(--synthetic); border-top-style: dashed; }
.card h3 { margin: 0 0 8px; overflow-wrap: anywhere; }
.card h3 small { display: block; font-size: .8rem; font-weight: 600; }
dl.facts { margin: 0; display: grid; grid-template-columns: minmax(86px, max-content) minmax(0, 1fr); gap: 3px 14px; font-size: .9rem; }
dl.facts dt { color: var(--muted); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
dl.glossary dt { font-weight: 600; margin-top: 8px; } dl.glossary dd { margin: 0; max-width: 80ch; }

.scroll { overflow-x: auto; margin: 8px 0 14px; border: 1px solid var(--rule); border-radius: 8px; }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--real); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; line-height: 1.4; }
th, td { padding: 5px 12px; text-align: left; vertical-align: baseline; white-space: nowrap; }
th[scope=row] { white-space: normal; overflow-wrap: anywhere; min-width: 11em; }
thead th { color: var(--muted); font-weight: 600; white-space: normal; vertical-align: bottom; border-bottom: 1px solid var(--rule); background: var(--panel); }
tbody th { font-weight: 500; }
tbody tr + tr > * { border-top: 1px solid var(--grid); }
tr.group th { padding-top: 12px; font-weight: 650; background: var(--page); }
.n { text-align: right; }
td small, th small { display: block; color: var(--muted); font-size: .82em; font-weight: 400; white-space: nowrap; }
td.reason { color: var(--muted); white-space: normal; min-width: 220px; font-size: .94em; }
td.loss { min-width: 96px; } td.loss .bar { height: 5px; margin-top: 4px; } td.loss .bar i { background: var(--muted); }
th.id { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: .93em; white-space: nowrap; }

figure { margin: 26px 0 34px; }
figcaption h3 { margin: 0 0 4px; font-size: 1.05rem; }
figcaption p, .legend { color: var(--muted); font-size: .89rem; line-height: 1.45; }
.legend { list-style: none; margin: 0 0 10px; padding: 0; display: flex; flex-wrap: wrap; gap: 3px 20px; }
.legend li { padding-left: 44px; position: relative; }

.shares { list-style: none; margin: 0 0 10px; padding: 0; display: flex; flex-wrap: wrap; gap: 4px 14px; color: var(--muted); font-size: .82rem; }
.shares i { display: inline-block; width: 14px; height: 14px; margin-right: 5px; vertical-align: -2px; background: var(--text); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.key { position: absolute; left: 0; top: .3em; fill: none; }
.panels { display: grid; gap: 14px 24px; }
.pairs .panels, .three .panels { grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); }
.panel { min-width: 0; max-width: 440px; }
.wide .panel { max-width: none; }
.panel-title { margin: 0 0 2px; font-size: .89rem; font-weight: 600; }
.panel svg { display: block; width: 100%; height: auto; }
svg text { font-family: inherit; }
.missing { margin: 0; padding: 22px 16px; border: 1px dashed var(--axis); border-radius: 6px; color: var(--muted); font-size: .9rem; }
.only-wide { display: none; }

details { border: 1px solid var(--rule); border-radius: 8px; padding: 0 18px; margin: 12px 0; }
summary { cursor: pointer; padding: 11px 0; font-weight: 600; overflow-wrap: anywhere; }
summary .muted { font-weight: 400; }
pre { margin: 8px 0; padding: 12px 16px; background: var(--panel); border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere; user-select: all; }
footer { margin-top: 44px; padding-top: 14px; border-top: 1px solid var(--rule); color: var(--muted); font-size: .85rem; }

@media (min-width: 900px) {
  .only-wide { display: block; } .only-narrow { display: none; }
  figure.pairs { display: grid; grid-template-columns: 250px minmax(0, 1fr); gap: 0 36px; }
  figure.pairs > figcaption .legend { display: grid; gap: 8px; }
  .pairs .panels { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media (min-width: 1080px) { .three .panels { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
@media (max-width: 900px) { .score { font-size: 3.4rem; } }
@media (max-width: 640px) {
  main { padding: 18px 16px 40px; }
  h1 { font-size: 1.4rem; } h2 { margin-top: 34px; }
  .hero { grid-template-columns: minmax(0, 1fr); padding: 18px; }
  .score { font-size: 3.8rem; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  details { padding: 0 12px; }
  th, td { padding: 5px 9px; }
  .reflow thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .reflow table, .reflow tbody { display: block; }
  .reflow tr { display: grid; grid-template-columns: repeat(auto-fill, minmax(72px, 1fr)); gap: 2px 8px; padding: 8px 12px; border-top: 1px solid var(--rule); }
  .reflow tr:first-child { border-top: 0; }
  .counts .reflow tr { grid-template-columns: repeat(auto-fill, minmax(92px, 1fr)); }
  .reflow th, .reflow td, .reflow tr + tr > * { border: 0; padding: 0; white-space: normal; text-align: left; }
  .reflow tbody th { grid-column: 1 / -1; font-weight: 600; overflow-wrap: anywhere; }
  .reflow td:not([data-label]) { grid-column: 1 / -1; color: var(--muted); font-size: .92em; }
  .reflow td:empty { display: none; }
  .reflow [data-label]::before { content: attr(data-label); display: block; color: var(--muted); font-size: .82em; }
  .reflow .group { background: var(--panel); }
  .reflow .group th { background: none; padding: 0; }
  td.loss { min-width: 0; }
}
@media print {
  @page { margin: 14mm 12mm; }
  body { font-size: 10.5pt; } main { max-width: none; padding: 0; }
  .only-wide { display: block; } .only-narrow { display: none; }
  .pairs .panels, .three .panels { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .panel, .card, .hero, .notes, tr { break-inside: avoid; }
  figcaption, h2, h3, summary { break-after: avoid; }
  .score { font-size: 3.2rem; }
  .scroll { overflow: visible; border: 0; } table { font-size: 8pt; } th, td { padding: 3px 6px; white-space: normal; } td.n { white-space: nowrap; }
  td.reason { min-width: 0; } .counts th[scope=row] { min-width: 6em; } .counts :is(th, td) { padding: 3px 4px; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  pre { border: 1px solid var(--rule); }
}
`;
