/** The expression cannot be read, or is larger than allowed. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

/** Behind the last instruction it has matched. */
export type Instruction =
  | { readonly kind: 'one'; readonly takes: (unit: number) => boolean }
  | { readonly kind: 'where'; readonly holds: (text: string, place: number) => boolean }
  | { readonly kind: 'either'; readonly first: number; readonly second: number }
  | { readonly kind: 'jump'; readonly to: number }
  | { readonly kind: 'save'; readonly slot: number }

type Takes = (unit: number) => boolean

type Node =
  | { readonly kind: 'one'; readonly takes: Takes }
  | { readonly kind: 'where'; readonly holds: (text: string, place: number) => boolean }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly ways: readonly Node[] }
  | { readonly kind: 'group'; readonly slot: number; readonly inner: Node }
  | {
      readonly kind: 'repeat'
      readonly inner: Node
      readonly least: number
      readonly most: number
      readonly prefers: 'more' | 'less'
    }

/** `a{50}{50}` and its like would be long programs. */
const MOST_INSTRUCTIONS = 300
const MOST_REPETITIONS = 100
/** Repeating what is empty makes no instructions, and takes time all the same. */
const MOST_WORK = 10_000

/**
 * An expression as a program.
 * @throws {PatternError}
 */
export function programOf(source: string): {
  readonly program: readonly Instruction[]
  readonly names: readonly string[]
} {
  const folds = source.startsWith('(?i)')
  const reader = new Reader(folds ? source.slice(4) : source, folds ? 'ignored' : 'counts')
  const node = reader.whole()
  return { program: new Writer().written(node), names: reader.names }
}

const BACKSLASH_CLASSES: Readonly<Record<string, Takes>> = {
  d: isDigit,
  D: (unit) => !isDigit(unit),
  w: isWord,
  W: (unit) => !isWord(unit),
  s: isBlank,
  S: (unit) => !isBlank(unit),
}
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9 }

/** Recursive descent: alternatives of sequences of repeated atoms. */
class Reader {
  readonly names: string[] = []
  readonly #source: string
  readonly #case: 'counts' | 'ignored'
  #at = 0

  constructor(source: string, letterCase: 'counts' | 'ignored') {
    this.#source = source
    this.#case = letterCase
  }

  whole(): Node {
    const node = this.#choice()
    if (this.#at < this.#source.length) throw this.#error('a ) without its (')
    return node
  }

  #choice(): Node {
    const ways = [this.#sequence()]
    while (this.#take('|')) ways.push(this.#sequence())
    return ways.length === 1 ? (ways[0] as Node) : { kind: 'choice', ways }
  }

  #sequence(): Node {
    const parts: Node[] = []
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      parts.push(this.#repeated(this.#atom()))
    }
    return { kind: 'sequence', parts }
  }

  #repeated(inner: Node): Node {
    const bounds = this.#bounds()
    if (bounds === undefined) return inner
    const prefers = this.#take('?') ? 'less' : 'more'
    if (/^[*+?]/.test(this.#source.slice(this.#at)) || this.#bounds() !== undefined)
      throw this.#error('nothing to repeat')
    return { kind: 'repeat', inner, ...bounds, prefers }
  }

  #bounds(): { readonly least: number; readonly most: number } | undefined {
    if (this.#take('*')) return { least: 0, most: Number.POSITIVE_INFINITY }
    if (this.#take('+')) return { least: 1, most: Number.POSITIVE_INFINITY }
    if (this.#take('?')) return { least: 0, most: 1 }
    const [whole, from, comma, to] = /^\{(\d{1,4})(,)?(\d{1,4})?\}/.exec(this.#source.slice(this.#at)) ?? []
    if (whole === undefined) return undefined
    const least = Number(from)
    const most = to === undefined ? (comma === undefined ? least : Number.POSITIVE_INFINITY) : Number(to)
    if (least > MOST_REPETITIONS || (most !== Number.POSITIVE_INFINITY && most > MOST_REPETITIONS))
      throw this.#error(`more than ${MOST_REPETITIONS} repetitions`)
    if (most < least) throw this.#error('repetitions from more to fewer')
    this.#at += whole.length
    return { least, most }
  }

  #atom(): Node {
    const character = this.#next()
    switch (character) {
      case '(':
        return this.#group()
      case '[':
        return this.#one(this.#class())
      case '.':
        return this.#one((unit) => unit !== 10)
      case '^':
        return { kind: 'where', holds: (text, place) => place === 0 || text[place - 1] === '\n' }
      case '$':
        return { kind: 'where', holds: (text, place) => place === text.length || text[place] === '\n' }
      case '*':
      case '+':
      case '?':
        throw this.#error('nothing to repeat')
      case '\\':
        return this.#escaped()
      default:
        return this.#one(only(character.charCodeAt(0)))
    }
  }

  #group(): Node {
    const [opening, name] = /^\?(?::|<([A-Za-z_]\w{0,39})>)/.exec(this.#source.slice(this.#at)) ?? []
    if (opening === undefined && this.#peek() === '?')
      throw this.#error('of the groups with ? only (?:…), (?<name>…) and a leading (?i) are known')
    this.#at += opening?.length ?? 0
    if (name !== undefined && this.names.includes(name)) throw this.#error('two groups of one name')
    const slot = name === undefined ? undefined : this.names.push(name) - 1
    const inner = this.#choice()
    if (!this.#take(')')) throw this.#error('a ( without its )')
    return slot === undefined ? inner : { kind: 'group', slot, inner }
  }

  #escaped(): Node {
    const character = this.#next()
    if (character === 'b' || character === 'B') {
      const wanted = character === 'b'
      return { kind: 'where', holds: (text, place) => isBoundary(text, place) === wanted }
    }
    const named = BACKSLASH_CLASSES[character]
    return this.#one(named ?? only(this.#literal(character)))
  }

  /** What stands behind a backslash, as the one character that it means. */
  #literal(character: string): number {
    const control = CONTROLS[character]
    if (control !== undefined) return control
    if (/[A-Za-z0-9]/.test(character)) throw this.#error('an escape that is not known here')
    return character.charCodeAt(0)
  }

  #class(): Takes {
    const negated = this.#take('^')
    const members: Takes[] = []
    // a ] that stands first would be a member elsewhere, and an empty class in JavaScript: it is neither here
    if (this.#peek() === ']') throw this.#error('an empty class')
    while (!this.#take(']')) {
      const from = this.#member()
      if (
        typeof from === 'function' ||
        this.#source[this.#at] !== '-' ||
        this.#source[this.#at + 1] === ']'
      ) {
        members.push(typeof from === 'function' ? from : only(from))
        continue
      }
      this.#at += 1
      const to = this.#member()
      if (typeof to === 'function' || to < from) throw this.#error('a range that is none')
      members.push((unit) => unit >= from && unit <= to)
    }
    const folded = this.#folded((unit) => members.some((takes) => takes(unit)))
    return negated ? (unit) => !folded(unit) : folded
  }

  #member(): number | Takes {
    const character = this.#next()
    if (character !== '\\') return character.charCodeAt(0)
    const escaped = this.#next()
    return BACKSLASH_CLASSES[escaped] ?? this.#literal(escaped)
  }

  #one(takes: Takes): Node {
    return { kind: 'one', takes: this.#folded(takes) }
  }

  #folded(takes: Takes): Takes {
    if (this.#case === 'counts') return takes
    return (unit) => {
      const character = String.fromCharCode(unit)
      return (
        takes(unit) ||
        takes(character.toLowerCase().charCodeAt(0)) ||
        takes(character.toUpperCase().charCodeAt(0))
      )
    }
  }

  #peek(): string | undefined {
    return this.#source[this.#at]
  }

  #next(): string {
    const character = this.#source[this.#at]
    if (character === undefined) throw this.#error('it ends too early')
    this.#at += 1
    return character
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at += 1
    return true
  }

  #error(what: string): PatternError {
    return new PatternError(`${what}, at character ${this.#at}`)
  }
}

/** Nodes to instructions, bounded. */
class Writer {
  readonly #program: Instruction[] = []
  #work = 0

  written(node: Node): readonly Instruction[] {
    this.#write(node)
    return this.#program
  }

  #write(node: Node): void {
    this.#work += 1
    if (this.#work > MOST_WORK) throw tooLarge()
    switch (node.kind) {
      case 'one':
      case 'where':
        this.#add(node)
        break
      case 'sequence':
        for (const part of node.parts) this.#write(part)
        break
      case 'group':
        this.#add({ kind: 'save', slot: 2 * node.slot })
        this.#write(node.inner)
        this.#add({ kind: 'save', slot: 2 * node.slot + 1 })
        break
      case 'choice':
        this.#choice(node.ways)
        break
      case 'repeat':
        this.#repeat(node)
        break
    }
  }

  #choice(ways: readonly Node[]): void {
    const jumps: number[] = []
    for (const [place, way] of ways.entries()) {
      const isLast = place === ways.length - 1
      const fork = isLast ? undefined : this.#reserve()
      this.#write(way)
      if (fork === undefined) continue
      jumps.push(this.#reserve())
      this.#program[fork] = { kind: 'either', first: fork + 1, second: this.#program.length }
    }
    for (const jump of jumps) this.#program[jump] = { kind: 'jump', to: this.#program.length }
  }

  #repeat({ inner, least, most, prefers }: Extract<Node, { kind: 'repeat' }>): void {
    for (let count = 0; count < least; count += 1) this.#write(inner)
    if (most === Number.POSITIVE_INFINITY) {
      const fork = this.#reserve()
      this.#write(inner)
      this.#add({ kind: 'jump', to: fork })
      this.#program[fork] = forked(fork + 1, this.#program.length, prefers)
      return
    }
    const forks: number[] = []
    for (let count = least; count < most; count += 1) {
      forks.push(this.#reserve())
      this.#write(inner)
    }
    for (const fork of forks) this.#program[fork] = forked(fork + 1, this.#program.length, prefers)
  }

  #reserve(): number {
    return this.#add({ kind: 'jump', to: 0 })
  }

  #add(instruction: Instruction): number {
    if (this.#program.length >= MOST_INSTRUCTIONS) throw tooLarge()
    return this.#program.push(instruction) - 1
  }
}

function forked(into: number, past: number, prefers: 'more' | 'less'): Instruction {
  return prefers === 'more'
    ? { kind: 'either', first: into, second: past }
    : { kind: 'either', first: past, second: into }
}

function tooLarge(): PatternError {
  return new PatternError('it repeats too much')
}

function only(wanted: number): Takes {
  return (unit) => unit === wanted
}

function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57
}

function isWord(unit: number): boolean {
  return isDigit(unit) || unit === 95 || (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122)
}

function isBlank(unit: number): boolean {
  return unit === 32 || (unit >= 9 && unit <= 13) || unit === 0xa0
}

function isBoundary(text: string, place: number): boolean {
  const before = place > 0 && isWord(text.charCodeAt(place - 1))
  const behind = place < text.length && isWord(text.charCodeAt(place))
  return before !== behind
}
