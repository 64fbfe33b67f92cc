import { stringify } from 'yaml'
import { openApiDocument } from '../src/http/documented.ts'

/** The files that hold the document, by name, as they are checked in. */
export function documentFiles(version: string): Readonly<Record<string, string>> {
  const document = openApiDocument(version)
  return {
    'openapi.json': `${JSON.stringify(document, null, 2)}\n`,
    'openapi.yaml': stringify(document, { aliasDuplicateObjects: false }),
  }
}
