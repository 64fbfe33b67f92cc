import { expect } from 'vitest'

/** The octets whole, cut in two at each place, and one by one. */
export function cutsOf(octets: Buffer): Buffer[][] {
  const halves = Array.from({ length: Math.max(octets.length - 1, 0) }, (_, before) => [
    octets.subarray(0, before + 1),
    octets.subarray(before + 1),
  ])
  return [[octets], ...halves, [...octets].map((octet) => Buffer.from([octet]))]
}

/**
 * Has a reader of octets read them in every segmentation and holds it to the same result each time.
 * @param read reads the chunks with a new reader
 * @returns what it makes of them in one piece
 */
export function everyCut<T>(text: string | Buffer, read: (chunks: readonly Buffer[]) => T): T {
  const octets = typeof text === 'string' ? Buffer.from(text, 'latin1') : text
  const whole = read([octets])
  for (const chunks of cutsOf(octets)) {
    const lengths = chunks.map((chunk) => chunk.length).join('+')
    expect(read(chunks), `read as ${lengths} octets`).toEqual(whole)
  }
  return whole
}
