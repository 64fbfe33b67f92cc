import { readFileSync, writeFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { openApiDocument } from '../src/http/documented.ts'

/** Writes openapi/openapi.json and .yaml from the schemas; with `--check` it only says whether they are stale. */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}
const document = openApiDocument(version)
const files = {
  'openapi.json': `${JSON.stringify(document, null, 2)}\n`,
  'openapi.yaml': stringify(document, { aliasDuplicateObjects: false }),
}

for (const [name, text] of Object.entries(files)) {
  const file = new URL(name, import.meta.url)
  if (!process.argv.includes('--check')) writeFileSync(file, text)
  else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`openapi/${name} is stale: npm run openapi writes it anew\n`)
    process.exitCode = 1
  }
}
