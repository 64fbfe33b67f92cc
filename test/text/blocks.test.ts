import { expect, test } from 'vitest'
import { Blocks } from '../../src/text/blocks.ts'

test('octets come out as they went in, in blocks that keep nothing else', () => {
  const octets = Buffer.from(Array.from({ length: 200_000 }, (_, n) => n % 251))
  const blocks = new Blocks()
  for (let at = 0, size = 1; at < octets.length; at += size, size = (size * 7) % 70_001)
    blocks.push(octets.subarray(at, at + size))
  expect(blocks.octets).toBe(octets.length)
  const made = blocks.end()
  expect(Buffer.concat(made).equals(octets)).toBe(true)
  expect(made.map(({ length }) => length)).toEqual([65_536, 65_536, 65_536, 3392])
  expect(made.slice(0, 3).map(({ buffer }) => buffer.byteLength)).toEqual([65_536, 65_536, 65_536])
})

test('nothing is no block', () => {
  const blocks = new Blocks()
  blocks.push(Buffer.alloc(0))
  expect(blocks.end()).toEqual([])
})
