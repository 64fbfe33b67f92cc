import { type Instruction, PatternError, programOf } from './pattern-program.ts'

export { PatternError }

/** What a pattern found: the named groups that took part. */
export type Captures = ReadonlyMap<string, string>

/** More text than this is not looked at, so that a match has a bounded cost. */
const LONGEST_TEXT = 4096

/**
 * A regular expression from somebody who may be hostile: it takes time in proportion to its own length times the text's,
 * whatever it is, because no place of the program is tried twice at one place of the text. Hence no back-references and
 * no look-around.
 *
 * `^` and `$` are the ends of a line, `.` is anything but a line end; `(?i)` at the beginning ignores case. Of several
 * matches it takes the one that other engines take: the leftmost, and by the order of alternatives.
 */
export class Pattern {
  /** The names of its groups. */
  readonly names: readonly string[]
  readonly #program: readonly Instruction[]

  /** @throws {PatternError} */
  constructor(source: string) {
    const { program, names } = programOf(source)
    this.#program = program
    this.names = names
  }

  /** @returns undefined where it does not match */
  match(text: string): Captures | undefined {
    const looked = text.slice(0, LONGEST_TEXT)
    const places = this.#run(looked)
    if (places === undefined) return undefined
    const captures = new Map<string, string>()
    for (const [at, name] of this.names.entries()) {
      const [from = -1, to = -1] = [places[2 * at], places[2 * at + 1]]
      if (from !== -1 && to !== -1) captures.set(name, looked.slice(from, to))
    }
    return captures
  }

  /** Depth first, the preferred way first. What failed at a place fails there again, however one comes there. */
  #run(text: string): readonly number[] | undefined {
    const width = text.length + 1
    const tried = new Uint32Array(((this.#program.length * width) >>> 5) + 1)
    const slots = Array<number>(2 * this.names.length).fill(-1)
    for (let start = 0; start < width; start += 1) {
      // pairs of numbers: an instruction and a place, or, below zero, a slot and what it held before
      const ways = [0, start]
      while (ways.length > 0) {
        const place = ways.pop() ?? 0
        const at = ways.pop() ?? 0
        if (at < 0) {
          slots[~at] = place
          continue
        }
        const mark = at * width + place
        const bit = 1 << (mark & 31)
        if (((tried[mark >>> 5] ?? 0) & bit) !== 0) continue
        tried[mark >>> 5] = (tried[mark >>> 5] ?? 0) | bit
        const instruction = this.#program[at]
        switch (instruction?.kind) {
          case 'one':
            if (place < text.length && instruction.takes(text.charCodeAt(place))) ways.push(at + 1, place + 1)
            break
          case 'where':
            if (instruction.holds(text, place)) ways.push(at + 1, place)
            break
          case 'jump':
            ways.push(instruction.to, place)
            break
          case 'either':
            ways.push(instruction.second, place, instruction.first, place)
            break
          case 'save':
            ways.push(~instruction.slot, slots[instruction.slot] ?? -1, at + 1, place)
            slots[instruction.slot] = place
            break
          default:
            return slots
        }
      }
    }
    return undefined
  }
}
