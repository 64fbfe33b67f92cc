import type { Router } from 'express'
import { z } from 'zod'
import { type DeletionReport, deleteEach, deleteOne } from '../../pop3/delete.ts'
import type { Maildrop } from '../../pop3/maildrop.ts'
import type { Selection } from '../../pop3/selection.ts'
import type { Context } from '../context.ts'
import { precondition } from '../etag.ts'
import type { Done, Pop3Call } from '../pop3-call.ts'
import { pop3Call } from '../pop3-call.ts'
import { invalidRequest } from '../problem.ts'
import { mount, route } from '../route.ts'
import { answer, problems } from '../schema/answers.ts'
import { DeleteAnswer, deletionParams, pop3Query } from '../schema/pop3.ts'
import { deletionQuery, rehearseQuery, selectionOf } from '../schema/pop3-several.ts'
import { DELETE_EXAMPLE } from './pop3-examples.ts'

const FAILURES = problems([400, 401, 403, 404, 406, 412, 422, 423, 429, 502, 503, 504])

const one = route({
  method: 'delete',
  path: '/pop3/messages/{n}',
  operationId: 'pop3Delete',
  summary: 'Delete one message',
  description:
    'DELE, then QUIT, so that it takes effect; the answer says whether it did. Name the message by `uid:…`, or give its unique-id in `If-Match`: a number may name another message by now. A caller that leaves before QUIT has nothing deleted.',
  tag: 'POP3',
  impact: 'destroys',
  credentials: 'mailbox',
  params: deletionParams,
  query: z.strictObject({ ...pop3Query, ...rehearseQuery }),
  responses: { 200: answer(DeleteAnswer, 'It is deleted, or was rehearsed.', DELETE_EXAMPLE), ...FAILURES },
})

const query = z.strictObject({ ...pop3Query, ...deletionQuery })

const several = route({
  method: 'delete',
  path: '/pop3/messages',
  operationId: 'pop3DeleteSeveral',
  summary: 'Delete several messages, all or none',
  description:
    'One session: when each message is there and each DELE is accepted, QUIT makes it take effect; else RSET takes it back and nothing is deleted. `all=true` empties the maildrop, and only together with the number of messages that is expected in it.',
  tag: 'POP3',
  impact: 'destroys',
  credentials: 'mailbox',
  query,
  responses: {
    200: answer(DeleteAnswer, 'They are deleted, or were rehearsed.', DELETE_EXAMPLE),
    ...FAILURES,
  },
})

export const pop3DeletionRoutes = [several, one]

export function mountPop3Deletion(router: Router, context: Context): void {
  mount(
    router,
    one,
  )(async ({ params, query }, request, response) => {
    const call = pop3Call(context, query, request, response)
    const match = precondition(request, 'If-Match')
    const end = endOf(query)
    await deletion(call, async (maildrop, report) => {
      await deleteOne(maildrop, params.n, match, { end }, report)
    })
  })
  mount(
    router,
    several,
  )(async ({ query }, request, response) => {
    // a precondition that is not looked at would be worse than none
    if (request.headers['if-match'] !== undefined) {
      const detail = 'it is for one message, in the path; `uids` names several as safely'
      throw invalidRequest([{ header: 'If-Match', detail }])
    }
    const selection = meant(query)
    const call = pop3Call(context, query, request, response)
    const options = {
      end: endOf(query),
      ...(selection.by === 'all' && query.expect !== undefined ? { expect: query.expect } : {}),
    }
    await deletion(call, async (maildrop, report) => {
      await deleteEach(maildrop, selection, options, report)
    })
  })
}

async function deletion(
  call: Pop3Call,
  flow: (maildrop: Maildrop, report: DeletionReport) => Promise<void>,
): Promise<void> {
  let report: DeletionReport = { verdicts: [] }
  const marked = (): readonly { number: number; uid: string | null }[] =>
    report.verdicts.flatMap(({ number, uid, verdict }) =>
      number !== null && verdict === 'marked' ? [{ number, uid }] : [],
    )
  const done: Done<void> = await call.run(
    async (maildrop) => {
      // a session may be begun a second time
      report = { verdicts: [] }
      await flow(maildrop, report)
    },
    ({ failure }) => ({
      deleted: failure.outcome === 'unknown' ? marked() : [],
      committed: failure.outcome === 'unknown' ? 'unknown' : false,
      verdicts: told(report),
    }),
    () => marked().length,
  )
  const deleted = report.verdicts.flatMap(({ number, uid, verdict }) =>
    verdict === 'deleted' ? [{ number, uid }] : [],
  )
  call.answer(done, { deleted, committed: deleted.length > 0, verdicts: told(report) })
}

/** Each verdict without what only this service needs of a reply. */
function told(report: DeletionReport): readonly object[] {
  return report.verdicts.map(({ reply, ...verdict }) => {
    if (reply === undefined) return verdict
    const { severity: _, ...shown } = reply
    return { ...verdict, reply: shown }
  })
}

function endOf({ rehearse }: { readonly rehearse?: boolean | undefined }): 'commit' | 'rehearse' {
  return rehearse === true ? 'rehearse' : 'commit'
}

/** @throws {Problem} 400 unless it says exactly one way which messages are meant */
function meant(query: z.output<typeof several.query>): Selection {
  const { numbers, uids, all, expect } = query
  const given = [numbers, uids, all].filter((each) => each !== undefined).length
  if (given !== 1) {
    throw invalidRequest([
      {
        parameter: given === 0 ? 'numbers' : 'uids',
        detail: 'exactly one of numbers, uids and all is wanted',
      },
    ])
  }
  if (all !== undefined && expect === undefined) {
    throw invalidRequest([{ parameter: 'expect', detail: 'how many messages are expected to be deleted' }])
  }
  if (all === undefined && expect !== undefined) {
    throw invalidRequest([{ parameter: 'expect', detail: 'this belongs to all=true' }])
  }
  return selectionOf(query) ?? { by: 'all' }
}
