/** An envelope; as part of the page it costs no request, and without one browsers ask for /favicon.ico. */
const ICON =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path fill='none' stroke='%230b5cad' stroke-width='1.5' d='M1 3h14v10H1zl7 6 7-6'/></svg>"

/** A page for people, without scripts. `body` is HTML; whatever comes from outside goes through `escapeHtml` first. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Mailwire</title>
<link rel="icon" href="${ICON}">
<style>
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif; color: #1c2733; background: #fff }
h1 { font-size: 1.6rem } h2 { font-size: 1.15rem; margin-top: 1.8rem } h3 { font-size: 1rem; margin-bottom: .3rem }
code, pre { font: .92rem/1.5 ui-monospace, monospace; background: #f2f5f8; border-radius: 4px }
code { padding: .1rem .3rem } pre { padding: .8rem; overflow-x: auto }
a { color: #0b5cad } li { margin: .2rem 0 }
@media (prefers-color-scheme: dark) { body { color: #dde5ec; background: #14191f } code, pre { background: #222a33 } a { color: #7db8f0 } }
</style>
</head>
<body>
${body}
</body>
</html>
`
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** Text with words in backticks, as HTML. */
export function prose(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}
