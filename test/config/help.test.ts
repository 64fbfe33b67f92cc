import { expect, test } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { configurationTable, helpText } from '../../src/config/help.ts'
import { KNOWN_NAMES, VARIABLES, type Variable } from '../../src/config/variables.ts'

const variables: readonly Variable<unknown>[] = Object.values(VARIABLES)

test('--help mentions every variable that is read, each in a row of its own', () => {
  const rows = helpText().match(/^ {2}MAILWIRE_\w+(?= )/gm)
  expect(rows?.map((row) => row.trim())).toEqual(KNOWN_NAMES)
})

test('--help tells each default', () => {
  const text = helpText().replace(/\s+/g, ' ')
  for (const variable of variables) {
    const told = variable.default || (variable.unset ?? 'none')
    expect(text).toContain(`${variable.meaning} [${told}]`)
  }
})

test('--help fits a terminal', () => {
  for (const line of helpText().split('\n')) {
    expect(line.length).toBeLessThanOrEqual(96)
    expect(line).not.toMatch(/\s$/)
  }
})

test('the defaults that are told are those that hold', () => {
  const machine = { readFile: (): string => '', hostname: 'machine.example.com' }
  const told = Object.fromEntries(variables.map((variable) => [variable.name, variable.default]))
  expect(readConfig(told, machine)).toEqual(readConfig({}, machine))
})

test('the table for the README has a row of three cells for every variable', () => {
  const [head, rule, ...rows] = configurationTable().trimEnd().split('\n')
  expect(head).toBe('| variable | default | meaning |')
  expect(rule).toBe('| --- | --- | --- |')
  expect(rows.map((row) => /^\| `(\w+)` \| [^|]+ \| [^|]+ \|$/.exec(row)?.[1])).toEqual(KNOWN_NAMES)
})
