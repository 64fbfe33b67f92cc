import { expect, test } from 'vitest'
import { look } from '../../src/pop3/wait.ts'
import { ALL, greeted, scriptedMaildrop } from '../support/scripted-maildrop.ts'

const lines = (who: 'C' | 'S', each: readonly string[]): string =>
  each.map((line) => `${who}: ${line}`).join('\n')

test('one look is at the newest five hundred, and the next at the others', async () => {
  const seen = new Set<string>()
  const passed: number[] = []
  const numbers = Array.from({ length: 502 }, (_, index) => index + 1)
  const newest = numbers.slice(2).reverse()
  const script = (asked: readonly number[]) => `${greeted(...ALL)}
    C: USER bob
    C: PASS builder of 7 bridges
    C: LIST
    C: UIDL
    S: +OK
    S: +OK
    S: +OK
    ${lines(
      'S',
      numbers.map((n) => `${n} 9`),
    )}
    S: .
    S: +OK
    ${lines(
      'S',
      numbers.map((n) => `${n} uid-${n}`),
    )}
    S: .
    ${lines(
      'C',
      asked.map((n) => `TOP ${n} 0`),
    )}
    ${asked.map(() => 'S: +OK\nS: Subject: x\nS:\nS: .').join('\n')}
    C: QUIT
    S: +OK`
  const once = async (asked: readonly number[]) =>
    await scriptedMaildrop(script(asked), (maildrop) =>
      look(maildrop, { subject: 'never', headers: [] }, seen, ({ number }) => passed.push(number)),
    )
  const first = await once(newest)
  expect([first.end.failure, first.end.value]).toEqual([undefined, undefined])
  expect(passed).toEqual(newest)
  const second = await once([2, 1])
  expect(second.end.failure).toBeUndefined()
  expect(passed.slice(500)).toEqual([2, 1])
})
