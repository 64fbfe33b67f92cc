import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

const SRC = new URL('../../src/', import.meta.url)

/** A file of `src`, by its path below it. */
export interface Source {
  readonly path: string
  readonly text: string
}

export function sources(): Source[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => ({ path, text: readFileSync(new URL(path, SRC), 'utf8') }))
}

/** One imported or re-exported name; `*` for a whole module, an empty name for its side effects. */
export interface Import {
  readonly from: string
  /** A path below `src`, or the name of a module. */
  readonly to: string
  readonly name: string
  readonly kind: 'type' | 'value'
}

const STATEMENT = /^(?:import|export)\s+(type\s)?([^'"`;]*?)\s*from\s*'([^']+)'/gm
const SIDE_EFFECT = /^import\s*'([^']+)'/gm
const DYNAMIC = /\bimport\(\s*'([^']+)'\s*\)/g

/** What a file imports, name by name. */
export function importsOf({ path, text }: Source): Import[] {
  const target = (specifier: string) =>
    specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier
  const whole = (pattern: RegExp, name: string): Import[] =>
    [...text.matchAll(pattern)].map(([, to = '']) => ({ from: path, to: target(to), name, kind: 'value' }))
  const named = [...text.matchAll(STATEMENT)].flatMap(([, type, clause = '', to = '']) =>
    namesIn(clause).map(({ name, kind }) => ({
      from: path,
      to: target(to),
      name,
      kind: type === undefined ? kind : ('type' as const),
    })),
  )
  return [...named, ...whole(SIDE_EFFECT, ''), ...whole(DYNAMIC, '*')]
}

function namesIn(clause: string): { name: string; kind: 'type' | 'value' }[] {
  const braces = /\{([^}]*)\}/.exec(clause)
  const before = clause.slice(0, braces?.index).replace(/,\s*$/, '').trim()
  const inside = (braces?.[1] ?? '').split(',').map((part) => part.trim())
  const parts = [before.startsWith('*') ? '*' : before, ...inside].filter((part) => part !== '')
  return parts.map((part) => {
    const [, type, name = part] = /^(type\s+)?([\w$*]+)/.exec(part) ?? []
    return { name, kind: type === undefined ? 'value' : 'type' }
  })
}
