/** Elements that are written at one go: a few milliseconds of work. */
const SLICE = 2000

/** A string of an answer that is made while it is written. */
export class StringInPieces {
  readonly pieces: () => Iterable<string>

  constructor(pieces: () => Iterable<string>) {
    this.pieces = pieces
  }
}

/** Whether a member of the answer is so long that writing it at one go would keep other calls waiting. */
export function isLong(json: unknown): json is Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null) return false
  return Object.values(json).some(
    (member) => member instanceof StringInPieces || (Array.isArray(member) && member.length > SLICE),
  )
}

/** What `JSON.stringify` makes of it, piece by piece, its long members in slices. */
export function* jsonSlices(json: Readonly<Record<string, unknown>>): Generator<string> {
  let before = '{'
  for (const [name, member] of Object.entries(json)) {
    if (member === undefined) continue
    yield `${before}${JSON.stringify(name)}:`
    before = ','
    if (Array.isArray(member)) yield* arraySlices(member)
    else if (member instanceof StringInPieces) yield* stringSlices(member)
    else yield JSON.stringify(member)
  }
  yield before === '{' ? '{}' : '}'
}

function* arraySlices(elements: readonly unknown[]): Generator<string> {
  yield '['
  for (let at = 0; at < elements.length; at += SLICE) {
    const slice = JSON.stringify(elements.slice(at, at + SLICE))
    yield `${at === 0 ? '' : ','}${slice.slice(1, -1)}`
  }
  yield ']'
}

function* stringSlices({ pieces }: StringInPieces): Generator<string> {
  yield '"'
  for (const piece of pieces()) yield JSON.stringify(piece).slice(1, -1)
  yield '"'
}
