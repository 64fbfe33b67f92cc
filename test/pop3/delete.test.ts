import { expect, test } from 'vitest'
import { type DeletionReport, deleteEach, deleteOne } from '../../src/pop3/delete.ts'
import type { Selection } from '../../src/pop3/selection.ts'
import { manualClock } from '../support/manual-clock.ts'
import { ALL, greeted, type MaildropScriptOptions, scriptedMaildrop } from '../support/scripted-maildrop.ts'

const LOGIN = 'C: USER bob\nC: PASS builder of 7 bridges'
const LISTED = `S: +OK
  S: +OK
  S: +OK
  S: 1 10
  S: 2 20
  S: 3 30
  S: .
  S: +OK
  S: 1 a
  S: 2 b
  S: 3 c
  S: .`

/** Deletes several on a server that plays the script behind its capabilities. */
async function deletes(
  script: string,
  selection: Selection,
  options: Partial<Parameters<typeof deleteEach>[2]> = {},
  scriptOptions: MaildropScriptOptions = {},
) {
  let report: DeletionReport = { verdicts: [] }
  const { end, findings } = await scriptedMaildrop(
    `${greeted(...ALL)}\n${script}`,
    async (maildrop) => {
      report = { verdicts: [] }
      await deleteEach(maildrop, selection, { end: 'commit', ...options }, report)
    },
    scriptOptions,
  )
  return {
    end,
    findings,
    verdicts: report.verdicts.map(({ number, uid, verdict }) => [number, uid, verdict]),
  }
}

test('by unique-ids: found first, then deleted', async () => {
  const { end, verdicts, findings } = await deletes(
    `${LOGIN}
    C: LIST
    C: UIDL
    ${LISTED}
    C: DELE 3
    C: DELE 1
    S: +OK
    S: +OK
    C: QUIT
    S: +OK Logging out, messages deleted.`,
    { by: 'uids', uids: ['c', 'a'] },
  )
  expect(end.failure).toBeUndefined()
  expect(verdicts).toEqual([
    [3, 'c', 'deleted'],
    [1, 'a', 'deleted'],
  ])
  expect(findings).toEqual([])
  expect(end.transcript.entries.at(-1)).toMatchObject({ text: 'by this service, after QUIT' })
})

test('one unique-id is not there: no DELE is said', async () => {
  const { end, verdicts } = await deletes(
    `${LOGIN}
    C: LIST
    C: UIDL
    ${LISTED}
    C: QUIT
    S: +OK`,
    { by: 'uids', uids: ['a', 'x'] },
  )
  expect(end.failure).toMatchObject({ outcome: 'rejected', unmet: { code: 'no-such-message' } })
  expect(verdicts).toEqual([[null, 'x', 'not-found']])
})

test('a unique-id that two messages have names none of them', async () => {
  const { end } = await deletes(
    `${LOGIN}
    C: LIST
    C: UIDL
    S: +OK
    S: +OK
    S: +OK
    S: 1 10
    S: 2 10
    S: .
    S: +OK
    S: 1 a
    S: 2 a
    S: .
    C: QUIT
    S: +OK`,
    { by: 'uids', uids: ['a'] },
  )
  expect(end.failure).toMatchObject({ outcome: 'rejected' })
})

test('one message by a unique-id that two messages have: which one is meant cannot be told, and nothing is deleted', async () => {
  const { end } = await scriptedMaildrop(
    `${greeted(...ALL)}
    ${LOGIN}
    C: UIDL
    S: +OK
    S: +OK
    S: +OK
    S: 1 a
    S: 2 same
    S: 3 same
    S: .
    C: QUIT
    S: +OK`,
    (maildrop) =>
      deleteOne(maildrop, { by: 'uid', uid: 'same' }, undefined, { end: 'commit' }, { verdicts: [] }),
  )
  expect(end.failure).toMatchObject({ outcome: 'rejected', unmet: { code: 'unique-id-ambiguous' } })
})

test('of several unique-ids two messages have one: that is told, and not that there is none', async () => {
  const { end, verdicts } = await deletes(
    `${LOGIN}
    C: LIST
    C: UIDL
    ${LISTED.replace('3 c', '3 b')}
    C: QUIT
    S: +OK`,
    { by: 'uids', uids: ['a', 'b'] },
  )
  expect(end.failure).toMatchObject({ outcome: 'rejected', unmet: { code: 'unique-id-ambiguous' } })
  expect(verdicts).toEqual([[null, 'b', 'not-found']])
})

test('If-Match where the server gives no unique-ids: it cannot hold, and that is what is told', async () => {
  const { end } = await scriptedMaildrop(
    `${greeted('USER', 'TOP', 'PIPELINING')}
    ${LOGIN}
    C: UIDL 2
    S: +OK
    S: +OK
    S: -ERR Unknown command.
    C: QUIT
    S: +OK`,
    (maildrop) =>
      deleteOne(maildrop, { by: 'number', number: 2 }, ['b'], { end: 'commit' }, { verdicts: [] }),
  )
  expect(end.failure).toMatchObject({ outcome: 'rejected', unmet: { code: 'precondition-failed' } })
  expect(end.failure?.unmet?.message).toMatch(/^the server gives no unique-id for message 2/)
})

test('one number is not there: what was marked with it is unmarked, and nothing is deleted', async () => {
  const { end, verdicts, findings } = await deletes(
    `${LOGIN}
    C: LIST
    C: UIDL
    C: DELE 2
    C: DELE 9
    ${LISTED}
    S: +OK Marked to be deleted.
    S: -ERR There's no message 9.
    C: RSET
    S: +OK
    C: QUIT
    S: +OK`,
    { by: 'numbers', numbers: [2, 9] },
  )
  expect(end.failure).toMatchObject({ outcome: 'rejected', unmet: { code: 'no-such-message' } })
  expect(verdicts).toEqual([
    [2, 'b', 'unmarked'],
    [9, null, 'not-found'],
  ])
  expect(findings).toEqual(['number-may-move'])
})

test('the server refuses one: RSET, and nothing is deleted', async () => {
  const { end, verdicts } = await deletes(
    `${LOGIN}
    C: LIST
    C: UIDL
    C: DELE 1
    C: DELE 2
    C: DELE 3
    ${LISTED}
    S: +OK
    S: -ERR [SYS/PERM] Permission denied
    S: +OK
    C: RSET
    S: +OK
    C: QUIT
    S: +OK`,
    { by: 'numbers', numbers: [1, 2, 3] },
  )
  expect(end.failure).toMatchObject({ outcome: 'rejected', reply: { responseCode: 'SYS/PERM' } })
  expect(verdicts).toEqual([
    [1, 'a', 'unmarked'],
    [2, 'b', 'refused'],
    [3, 'c', 'unmarked'],
  ])
})

test('RSET is refused too: the session ends without QUIT, for QUIT would delete', async () => {
  const { end, verdicts } = await deletes(
    `${LOGIN}
    C: LIST
    C: UIDL
    C: DELE 1
    C: DELE 2
    ${LISTED}
    S: +OK
    S: -ERR no
    C: RSET
    S: -ERR Unknown command.`,
    { by: 'numbers', numbers: [1, 2] },
  )
  expect(end.failure).toMatchObject({ outcome: 'rejected' })
  expect(verdicts).toEqual([
    [1, 'a', 'marked'],
    [2, 'b', 'refused'],
  ])
})

test('all, when there are as many as expected', async () => {
  const { end, verdicts } = await deletes(
    `${LOGIN}
    C: LIST
    C: UIDL
    ${LISTED}
    C: DELE 1
    C: DELE 2
    C: DELE 3
    S: +OK
    S: +OK
    S: +OK
    C: QUIT
    S: +OK`,
    { by: 'all' },
    { expect: 3 },
  )
  expect(end.failure).toBeUndefined()
  expect(verdicts.map(([, , verdict]) => verdict)).toEqual(['deleted', 'deleted', 'deleted'])
})

test.each([0, 2, 4])('all, when %d were expected and there are 3: nothing is said', async (expected) => {
  const { end, verdicts } = await deletes(
    `${LOGIN}
    C: LIST
    C: UIDL
    ${LISTED}
    C: QUIT
    S: +OK`,
    { by: 'all' },
    { expect: expected },
  )
  expect(end.failure).toMatchObject({ unmet: { code: 'precondition-failed' } })
  expect(verdicts).toEqual([])
})

test('all of an empty maildrop', async () => {
  const { end } = await deletes(
    `${LOGIN}
    C: LIST
    C: UIDL
    S: +OK
    S: +OK
    S: +OK
    S: .
    S: +OK
    S: .
    C: QUIT
    S: +OK`,
    { by: 'all' },
    { expect: 0 },
  )
  expect(end.failure).toBeUndefined()
})

test('rehearsed: everything but the end', async () => {
  const { end, verdicts } = await deletes(
    `${LOGIN}
    C: LIST
    C: UIDL
    C: DELE 1
    ${LISTED}
    S: +OK
    C: RSET
    S: +OK
    C: QUIT
    S: +OK`,
    { by: 'numbers', numbers: [1] },
    { end: 'rehearse' },
  )
  expect(end.failure).toBeUndefined()
  expect(verdicts).toEqual([[1, 'a', 'unmarked']])
})

test('rehearsed on a server without RSET: it ends without QUIT', async () => {
  const { end, findings } = await deletes(
    `${LOGIN}
    C: LIST
    C: UIDL
    ${LISTED}
    C: DELE 1
    S: +OK
    C: RSET
    S: -ERR Unknown command.`,
    { by: 'uids', uids: ['a'] },
    { end: 'rehearse' },
  )
  expect(end.failure).toBeUndefined()
  expect(findings).toEqual(['rset-refused'])
})

test('lost after DELE and before QUIT: not committed, and known not to be', async () => {
  const { end } = await deletes(
    `${LOGIN}
    C: LIST
    C: UIDL
    C: DELE 1
    ${LISTED}
    S: <RESET>`,
    { by: 'numbers', numbers: [1] },
  )
  expect(end.failure).toMatchObject({ outcome: 'failed', stage: 'transaction' })
})

test('QUIT is not answered: nobody knows', async () => {
  const { end, verdicts } = await deletes(
    `${LOGIN}
    C: LIST
    C: UIDL
    C: DELE 1
    ${LISTED}
    S: +OK
    C: QUIT
    S: <EOF>`,
    { by: 'numbers', numbers: [1] },
  )
  expect(end.failure).toMatchObject({ outcome: 'unknown', stage: 'update' })
  expect(verdicts).toEqual([[1, 'a', 'marked']])
})

test('a caller who leaves before QUIT has nothing deleted', async () => {
  const left = new AbortController()
  const clock = manualClock()
  clock.after(10, () => left.abort())
  const { end } = await scriptedMaildrop(
    `${greeted(...ALL)}
    ${LOGIN}
    C: UIDL 1
    C: DELE 1
    S: +OK
    S: +OK
    S: +OK 1 a
    S: <PAUSE 10>
    S: +OK`,
    (maildrop) =>
      deleteOne(maildrop, { by: 'number', number: 1 }, undefined, { end: 'commit' }, { verdicts: [] }),
    { signal: left.signal, clock },
  )
  expect(end.failure).toMatchObject({ outcome: 'failed', fault: { kind: 'aborted' } })
})

test('nor has one who leaves when the last DELE was just answered', async () => {
  const left = new AbortController()
  const report: DeletionReport = {
    get verdicts() {
      return []
    },
    set verdicts(_verdicts) {
      left.abort()
    },
  }
  const { end } = await scriptedMaildrop(
    `${greeted(...ALL.filter((each) => each !== 'PIPELINING'))}
    C: USER bob
    S: +OK
    C: PASS builder of 7 bridges
    S: +OK
    C: UIDL 1
    S: +OK 1 a
    C: DELE 1
    S: +OK`,
    (maildrop) => deleteOne(maildrop, { by: 'number', number: 1 }, undefined, { end: 'commit' }, report),
    { signal: left.signal },
  )
  expect(end.failure).toMatchObject({ outcome: 'failed', fault: { kind: 'aborted' } })
})
