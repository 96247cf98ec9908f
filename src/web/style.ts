/** The one stylesheet. Contrast of text at least 4.5 to 1 (WCAG 2.2 §1.4.3), in both schemes. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1c1e21; --soft: #50565e; --ground: #fff; --raised: #f4f5f7;
  --line: #c9ced6; --link: #0b57b0; --good: #12632f; --bad: #a3201a; --wait: #7a4d00 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e8eb; --soft: #aab1bb; --ground: #15171a; --raised: #1f2226; --line: #434a54;
    --link: #85b8ff; --good: #7fd49b; --bad: #ff9b93; --wait: #f0c173 }
}
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body { margin: 0; color: var(--text); background: var(--ground); font: 1rem/1.55 system-ui, sans-serif }
a { color: var(--link) }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
.skip { position: absolute; left: -100rem }
.skip:focus { left: .5rem; top: .5rem; padding: .4rem .8rem; background: var(--ground) }
body > header, main, body > footer { max-width: 72rem; margin: 0 auto; padding: .8rem 1rem }
body > header { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: center;
  justify-content: space-between; border-bottom: 1px solid var(--line) }
.home { font-weight: 650; color: inherit; text-decoration: none }
.account, .account form { display: flex; flex-wrap: wrap; gap: .4rem .8rem; align-items: center; margin: 0 }
body > footer { color: var(--soft); font-size: .9rem; border-top: 1px solid var(--line) }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .8rem 0; overflow-wrap: anywhere }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 2rem 0 .5rem; overflow-wrap: anywhere }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; font-weight: 550 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0 }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere; min-width: 0 }
code, pre { font: .875rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
code { overflow-wrap: anywhere }
pre { margin: .3rem 0 .8rem; padding: .7rem .8rem; background: var(--raised); border: 1px solid var(--line);
  border-radius: .4rem; white-space: pre-wrap; overflow-wrap: anywhere }
pre span { display: inline-block; max-width: 100% }
.log { line-height: 1.45; overflow-wrap: anywhere } .log span { display: inline }
.log .section { display: inline-block; margin-top: .5rem; color: var(--link) } .c-bold { font-weight: 700 }
.c-red { color: var(--bad) } .c-green { color: var(--good) } .c-yellow { color: var(--wait) }
.c-blue, .c-cyan { color: var(--link) } .c-magenta, .c-black, .c-white { color: var(--soft) }
.names { display: flex; flex-wrap: wrap; gap: .3rem .9rem; list-style: none; margin: 0; padding: 0 }
.names a { overflow-wrap: anywhere }
.names [aria-current] { font-weight: 650; color: inherit; text-decoration: none }
table { width: 100%; border-collapse: collapse; font-size: .95rem }
caption h2 { color: var(--text); margin: 1.6rem 0 0 }
.jobs th { width: 40% } .jobs thead th + th { width: 20% } .jobs .nowrap { width: 20% }
caption { text-align: left; color: var(--soft); padding-bottom: .4rem }
th, td { text-align: left; vertical-align: top; padding: .5rem .8rem .5rem 0; border-top: 1px solid var(--line) }
thead th { color: var(--soft); font-weight: 500; border-top: 0 }
tbody th { font-weight: 500; overflow-wrap: anywhere }
td p, th p { margin: .1rem 0; font-weight: 400 } .nowrap { white-space: nowrap }
.soft { color: var(--soft) } .good { color: var(--good) } .bad { color: var(--bad) } .wait { color: var(--wait) }
.note { border-left: .25rem solid var(--line); padding: .1rem .8rem; margin: .8rem 0 }
.verdict { font-size: 1.1rem; overflow-wrap: anywhere } .verdict strong { font-weight: 650 }
mark { background: none; font-weight: 650; text-decoration: underline }
.said, .note { overflow-wrap: anywhere } .steps { padding-left: 1.2rem } .steps > li { margin: .2rem 0 }
.note.bad { border-color: var(--bad) }
form.login { max-width: 30rem }
label { display: block; margin-bottom: .3rem; font-weight: 550 }
input { width: 100%; font: inherit; padding: .5rem .6rem; color: inherit; background: var(--ground);
  border: 1px solid var(--soft); border-radius: .4rem }
button { font: inherit; padding: .4rem .9rem; color: var(--ground); background: var(--link); border: 0;
  border-radius: .4rem; cursor: pointer; margin: .6rem 0 }
.account button { margin: 0; padding: .15rem .7rem; color: var(--link); background: none;
  border: 1px solid var(--link) }
@media (max-width: 44rem) {
  table, caption, tbody, tr, th, td { display: block }
  .jobs th, .jobs .nowrap { width: auto }
  thead { position: absolute; left: -100rem }
  tbody tr { border-top: 1px solid var(--line); padding: .6rem 0 }
  tbody th, td { border: 0; padding: .1rem 0 }
  td[data-label]:before { content: attr(data-label) ": "; color: var(--soft) }
  td[data-label] > p:first-child { display: inline }
  dl { grid-template-columns: 1fr } dd { margin-bottom: .4rem }
}
`
