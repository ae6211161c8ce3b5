/** Style of the status page: system fonts, light and dark by the reader's setting, one column on a phone. */
export const statusPageStyle = `
:root { --ground: #fff; --text: #1b1f24; --quiet: #59636e; --line: #d1d9e0; --good: #1a7f37; --bad: #b42318 }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0d1117; --text: #e6edf3; --quiet: #9198a1; --line: #3d444d; --good: #3fb950; --bad: #ff7b72 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem } h3 { font-size: 1rem; margin: 0 0 .5rem }
.banner { border-left: .3rem solid; padding: .5rem .8rem; font-weight: 600 }
.good { color: var(--good) } .bad { color: var(--bad) }
.state { font-weight: 400; margin-left: .5rem }
.cards { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)) }
article { border: 1px solid var(--line); border-radius: .5rem; padding: .8rem; overflow-wrap: anywhere }
dl { margin: 0 } dl div { display: flex; gap: .8rem }
dt { flex: 0 0 7rem; color: var(--quiet) } dd { margin: 0 }
pre { border: 1px solid var(--line); border-radius: .5rem; padding: .8rem; white-space: pre-wrap; overflow-wrap: anywhere }
footer { margin-top: 2rem; color: var(--quiet); font-size: .9rem }
`
