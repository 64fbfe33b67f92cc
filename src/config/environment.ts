import { ConfigError, ValueError } from './config-error.ts'
import { fileVariable, KNOWN_NAMES, type Variable } from './variables.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** The environment, read variable by variable. What is empty is not set. */
export class Environment {
  readonly #env: Env
  readonly #readFile: (path: string) => string
  /** Named by the servers file, and so no mistake even where they begin like our own. */
  readonly #referred = new Set<string>()

  constructor(env: Env, readFile: (path: string) => string) {
    this.#env = env
    this.#readFile = readFile
  }

  /** @throws {ConfigError} naming the variable */
  value<T>(variable: Variable<T>): T {
    const { name, read, readContent } = variable
    const text = this.#text(name)
    if (readContent !== undefined) {
      const fileName = fileVariable(variable)
      const path = this.#text(fileName)
      if (path !== undefined && text !== undefined)
        throw new ConfigError(`${name} and ${fileName} are both set; set one of them`)
      if (path !== undefined) return named(fileName, () => readContent(this.content(path)))
    }
    return named(name, () => read(text ?? variable.default))
  }

  /** @throws {ValueError} with the system's word for why not */
  content(path: string): string {
    try {
      return this.#readFile(path)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
      throw new ValueError(`names a file that cannot be read (${String(error.code)})`, { cause: error })
    }
  }

  /** A variable that the servers file refers to. */
  referred(name: string): string | undefined {
    this.#referred.add(name)
    return this.#text(name)
  }

  /**
   * A name that is nearly right would otherwise be a setting that silently does not hold.
   * @throws {ConfigError} naming all variables that nothing reads
   */
  refuseUnknown(): void {
    const unknown = Object.keys(this.#env).filter(
      (name) =>
        /^mailwire_/i.test(name) &&
        this.#env[name] !== undefined &&
        !KNOWN_NAMES.includes(name) &&
        !this.#referred.has(name) &&
        !isServiceLink(name, this.#env[name]),
    )
    if (unknown.length === 0) return
    throw new ConfigError(
      `not a variable of Mailwire: ${unknown.map(withSuggestion).join('; ')}. mailwire --help lists them all`,
    )
  }

  #text(name: string): string | undefined {
    const text = this.#env[name]
    return text === '' || isServiceLink(name, text) ? undefined : text
  }
}

/** Puts the name of the variable before what is wrong with it. @throws {ConfigError} */
export function named<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ValueError)) throw error
    throw new ConfigError(`${name} ${error.message}`, { cause: error })
  }
}

/**
 * Kubernetes describes each Service to each pod in variables made of its name (`MAILWIRE_PORT=tcp://10.0.0.1:80`): one
 * that is called mailwire must not be taken for our configuration.
 */
function isServiceLink(name: string, text: string | undefined): boolean {
  return (
    /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/.test(
      name,
    ) ||
    (name.endsWith('_PORT') && text !== undefined && /^(?:tcp|udp|sctp):\/\//.test(text))
  )
}

function withSuggestion(name: string): string {
  const nearest = KNOWN_NAMES.map((known) => ({
    known,
    distance: distanceOf(name.toUpperCase(), known),
  })).sort((a, b) => a.distance - b.distance)[0]
  // further away it would be a guess that leads astray
  return nearest !== undefined && nearest.distance <= name.length / 4
    ? `${name} (did you mean ${nearest.known}?)`
    : name
}

/** Levenshtein's: how many characters to insert, delete or replace. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, place) => place)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
