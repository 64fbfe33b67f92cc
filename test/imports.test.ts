import { describe, expect, test } from 'vitest'
import { type Import, importsOf, sources } from './support/sources.ts'

const files = sources()
const imports = files.flatMap(importsOf)

/** What a folder may import of others: everything, types only, or single names. */
interface Permission {
  readonly everything: readonly string[]
  readonly types?: readonly string[]
  readonly names?: Readonly<Record<string, readonly string[]>>
}

/**
 * Who may import whom. A name that stands alone is an error that somebody has to recognise; it brings no socket with
 * it.
 */
const MAY_IMPORT: Readonly<Record<string, Permission>> = {
  text: { everything: [] },
  wire: { everything: ['text'] },
  transcript: { everything: ['text'] },
  sasl: { everything: ['text'] },
  message: { everything: ['text'] },
  session: {
    everything: ['text', 'transcript', 'sasl'],
    types: ['wire'],
    names: { wire: ['DialError'] },
  },
  smtp: { everything: ['text', 'session', 'sasl', 'message'], types: ['transcript'] },
  pop3: { everything: ['text', 'session', 'sasl', 'message'], types: ['transcript'] },
  check: {
    everything: ['text', 'session', 'smtp'],
    types: ['transcript', 'wire', 'diagnosis'],
  },
  reproduce: { everything: ['text'], types: ['session', 'transcript'] },
  diagnosis: { everything: ['text', 'session'], types: ['smtp', 'pop3', 'wire'] },
  sandbox: { everything: ['text', 'message', 'sasl'] },
  http: {
    everything: [
      'text',
      'transcript',
      'sasl',
      'message',
      'session',
      'smtp',
      'pop3',
      'diagnosis',
      'check',
      'reproduce',
    ],
    types: ['config'],
  },
  config: { everything: ['text', 'session', 'wire', 'sasl', 'message'] },
}

/** Of the protocols the sandbox may use what reads and writes octets, and nothing that talks. */
const CODECS: readonly string[] = [
  'smtp/path.ts',
  'smtp/reply.ts',
  'smtp/ehlo.ts',
  'pop3/capa.ts',
  'pop3/listing.ts',
]

/** The composition root and the entry point import what they like, and nobody imports them. */
const ROOTS: readonly string[] = ['main.ts', 'service.ts']

const folderOf = (path: string): string => path.split('/')[0] ?? path

function isAllowed({ from, to, name, kind }: Import): boolean {
  const [own, other] = [folderOf(from), folderOf(to)]
  if (ROOTS.includes(own)) return !(own === 'service.ts' && other === 'main.ts')
  if (own === other) return true
  const permission = MAY_IMPORT[own]
  if (permission === undefined) return false
  if (own === 'sandbox' && CODECS.includes(to)) return true
  return (
    permission.everything.includes(other) ||
    (kind === 'type' && permission.types?.includes(other) === true) ||
    permission.names?.[other]?.includes(name) === true
  )
}

const shown = ({ from, to, name, kind }: Import): string => `${from} imports ${kind} ${name} of ${to}`
const isOurs = ({ to }: Import): boolean => /^[^:]+\.ts$/.test(to)

test('every folder imports only what stands below it', () => {
  expect(imports.filter(isOurs).length).toBeGreaterThan(100)
  expect(
    imports
      .filter(isOurs)
      .filter((each) => !isAllowed(each))
      .map(shown),
  ).toEqual([])
})

test('every folder has its place in the order', () => {
  const folders = new Set(files.map(({ path }) => folderOf(path)))
  expect(
    [...folders].filter((folder) => MAY_IMPORT[folder] === undefined && !ROOTS.includes(folder)),
  ).toEqual([])
})

test('no file imports itself by way of others', () => {
  const next = (path: string) =>
    new Set(imports.filter((each) => isOurs(each) && each.from === path).map(({ to }) => to))
  const cycles = new Set<string>()
  const finished = new Set<string>()
  const walk = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) cycles.add([...way.slice(way.indexOf(path)), path].join(' → '))
    if (way.includes(path) || finished.has(path)) return
    for (const to of next(path)) walk(to, [...way, path])
    finished.add(path)
  }
  for (const { path } of files) walk(path, [])
  expect([...cycles]).toEqual([])
})

describe('what belongs to one place', () => {
  test('sockets and name resolution: wire/ for the client, sandbox/ for servers', () => {
    // these look at text and certificates, and open nothing
    const pure = ['isIP', 'isIPv4', 'isIPv6', 'checkServerIdentity', 'createSecureContext']
    const strays = imports.filter(
      ({ from, to, name }) =>
        /^(?:node:)?(?:net|tls|dns|dns\/promises|dgram)$/.test(to) &&
        !['wire', 'sandbox'].includes(folderOf(from)) &&
        !pure.includes(name) &&
        // the port that was taken is told by whoever listens for HTTP
        !(from === 'service.ts' && name === 'AddressInfo'),
    )
    expect(strays.map(shown)).toEqual([])
  })

  test('the process: main.ts', () => {
    const users = files.filter(
      ({ path, text }) =>
        path !== 'main.ts' &&
        (/\bprocess\.[a-z]/.test(withoutComments(text)) || /['"](?:node:)?process['"]/.test(text)),
    )
    expect(users.map(({ path }) => path)).toEqual([])
  })

  test('nothing is loaded behind this test’s back', () => {
    const evaders = files.filter(({ text }) => /\b(?:createRequire|require)\s*\(/.test(withoutComments(text)))
    expect(evaders.map(({ path }) => path)).toEqual([])
  })
})

describe('the reader of imports', () => {
  test.each([
    ["import { a, type B } from './b.ts'", ['value a', 'type B']],
    ["import type { A, B } from './b.ts'", ['type A', 'type B']],
    ["import {\n  a,\n  b as c,\n} from './b.ts'", ['value a', 'value b']],
    ["import * as all from './b.ts'", ['value *']],
    ["import one, { two } from './b.ts'", ['value one', 'value two']],
    ["import './b.ts'", ['value ']],
    ["export { a } from './b.ts'", ['value a']],
    ["export * from './b.ts'", ['value *']],
    ["const b = await import('./b.ts')", ['value *']],
  ])('sees %j', (text, names) => {
    const found = importsOf({ path: 'folder/a.ts', text })
    expect(found.map(({ kind, name }) => `${kind} ${name}`)).toEqual(names)
    expect(found.every(({ to }) => to === 'folder/b.ts')).toBe(true)
  })

  test('knows another folder and a module', () => {
    const text = "import { a } from '../text/b.ts'\nimport { connect } from 'node:net'\n"
    expect(importsOf({ path: 'wire/a.ts', text }).map(({ to }) => to)).toEqual(['text/b.ts', 'node:net'])
  })

  test.each([
    ['pop3/a.ts', 'smtp/b.ts', 'value'],
    ['smtp/a.ts', 'pop3/b.ts', 'type'],
    ['http/a.ts', 'wire/b.ts', 'type'],
    ['http/a.ts', 'sandbox/b.ts', 'value'],
    ['text/a.ts', 'session/b.ts', 'type'],
    ['session/a.ts', 'wire/b.ts', 'value'],
    ['session/a.ts', 'smtp/b.ts', 'type'],
    ['diagnosis/a.ts', 'smtp/b.ts', 'value'],
    ['sandbox/a.ts', 'smtp/transaction.ts', 'value'],
    ['sandbox/a.ts', 'session/b.ts', 'type'],
    ['http/a.ts', 'service.ts', 'value'],
    ['service.ts', 'main.ts', 'value'],
    ['elsewhere/a.ts', 'text/b.ts', 'value'],
  ] as const)('does not let %s import of %s (%s)', (from, to, kind) => {
    expect(isAllowed({ from, to, name: 'x', kind })).toBe(false)
  })
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}
