// The one stylesheet: system fonts, one column, light and dark. Served as a file so that the policy can forbid inline styles.

export const stylesheet = `
:root {
  color-scheme: light dark;
  --ink: #1c2430; --soft: #5a6675; --paper: #f6f4ef; --card: #ffffff; --line: #d9d5cb;
  --strong: #1f5f4a; --on-strong: #ffffff; --warn: #8a3b12; --warn-paper: #fbeee4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8e6e1; --soft: #a5adb8; --paper: #14181d; --card: #1d232b; --line: #36404c;
    --strong: #7fd0b2; --on-strong: #0d1f19; --warn: #f0b48c; --warn-paper: #33241a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 system-ui, sans-serif; }
header, main, footer { max-width: 42rem; margin: 0 auto; padding: 0 1.25rem; }
header { display: flex; justify-content: space-between; align-items: center; gap: 1rem; padding-top: 1.5rem; }
header a { color: inherit; font-weight: 650; letter-spacing: .02em; text-decoration: none; }
header form { display: flex; align-items: center; gap: .75rem; color: var(--soft); }
main { padding-top: 1.5rem; padding-bottom: 3rem; }
footer { color: var(--soft); font-size: .875rem; padding-bottom: 2rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .5rem 0 1rem; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .75rem; }
a { color: var(--strong); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.1rem 1.25rem; margin: 0 0 1rem; }
.card > :first-child { margin-top: 0; }
.card > :last-child, .card form > :last-child { margin-bottom: 0; }
.warn { background: var(--warn-paper); border-color: var(--warn); }
.soft { color: var(--soft); }
ul { padding-left: 1.25rem; }
pre { background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; overflow-x: auto;
  font-size: .9rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; margin-top: 1rem; }
button { font: inherit; padding: .5rem 1.1rem; border-radius: .5rem; border: 1px solid var(--line); background: var(--card);
  color: var(--ink); cursor: pointer; }
button.strong { background: var(--strong); border-color: var(--strong); color: var(--on-strong); font-weight: 600; }
button:focus-visible, a:focus-visible, input:focus-visible, select:focus-visible { outline: 3px solid var(--strong); outline-offset: 2px; }
label { display: block; padding: .2rem 0; }
select, input[type=number] { font: inherit; padding: .35rem .5rem; border: 1px solid var(--line); border-radius: .4rem;
  background: var(--card); color: var(--ink); }
`;
