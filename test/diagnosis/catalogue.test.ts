import { describe, expect, test } from 'vitest'
import { PROBLEMS } from '../../src/diagnosis/catalogue.ts'
import { DIAGNOSIS_CODES, SERVICE_CODES } from '../../src/diagnosis/codes.ts'

const codes = [...DIAGNOSIS_CODES, ...SERVICE_CODES]

test('every code has a page, once, and there are no others', () => {
  expect(new Set(codes).size).toBe(codes.length)
  expect(Object.keys(PROBLEMS).sort()).toEqual([...codes].sort())
})

describe.each(codes)('the page of %s', (code) => {
  const page = PROBLEMS[code]

  test('has a short title that is no sentence', () => {
    expect(page.title.length).toBeLessThanOrEqual(80)
    expect(page.title).toMatch(/^[A-Z].*[^.]$/)
  })

  test('speaks in whole sentences, and says what the caller can do', () => {
    for (const text of [page.meaning, ...page.causes, ...page.callers, ...page.administrators]) {
      expect(text).toMatch(/^[A-Z`].*[.?]$/s)
      expect(text).not.toContain('—')
    }
    expect(page.causes.length).toBeGreaterThan(0)
    expect(page.callers.length).toBeGreaterThan(0)
  })

  test('shows how it looks', () => {
    expect(page.looksLike.length).toBeGreaterThan(0)
    for (const { server, lines } of page.looksLike) {
      expect(server).not.toBe('')
      expect(lines.length).toBeGreaterThan(0)
    }
  })

  test('cites RFCs with their section', () => {
    expect(page.references.length).toBeGreaterThan(0)
    for (const reference of page.references) expect(reference).toMatch(/^RFC \d{3,4} §\d+(?:\.\d+)*$/)
  })

  test('has a title of its own', () => {
    expect(codes.filter((other) => PROBLEMS[other].title === page.title)).toEqual([code])
  })
})
