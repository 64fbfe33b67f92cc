import { readFileSync, writeFileSync } from 'node:fs'
import { documentFiles } from './files.ts'

/** Writes openapi/openapi.json and .yaml from the schemas; with `--check` it only says whether they are stale. */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

for (const [name, text] of Object.entries(documentFiles(version))) {
  const file = new URL(name, import.meta.url)
  if (!process.argv.includes('--check')) writeFileSync(file, text)
  else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`openapi/${name} is stale: npm run openapi writes it anew\n`)
    process.exitCode = 1
  }
}
