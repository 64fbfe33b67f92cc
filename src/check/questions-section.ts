import { isAccepted } from '../smtp/verdicts.ts'
import type { Answered, Question } from './questions.ts'
import { finding, type Section, told } from './section.ts'
import type { Seen } from './seen.ts'

type Verdict = 'told' | 'not-told' | 'unknown' | 'not-known-command' | 'deferred' | 'not-tried'

/** What VRFY and EXPN told. A server that tells its users' names to anybody tells them to spammers, too. */
export function questionsSection({ looked, wishes }: Seen): Section {
  const judged = wishes.questions.map((question) => {
    const answer = looked.report.answers.find((each) => isSame(each, question))
    return {
      ...question,
      verdict: answer === undefined ? 'not-tried' : verdictOf(answer),
      reply: told(answer?.reply),
    }
  })
  const of = (verb: Question['verb']) =>
    judged
      .filter((each) => each.verb === verb)
      .map(({ argument, verdict, reply }) => ({ argument, verdict, reply }))
  const telling = judged.filter(({ verdict }) => verdict === 'told').map(({ verb }) => verb)
  const [vrfy, expn] = [of('VRFY'), of('EXPN')]
  return {
    title: 'VRFY and EXPN',
    part: { ...(vrfy.length === 0 ? {} : { vrfy }), ...(expn.length === 0 ? {} : { expn }) },
    lines: judged.flatMap(({ verb, argument, verdict, reply }) => [
      `${verb} ${argument}: ${verdict}${reply === null ? '' : ` (${reply.code} ${reply.lines.join(' / ')})`}`,
    ]),
    findings:
      telling.length === 0
        ? []
        : [
            finding(
              'warning',
              'users-told',
              `${[...new Set(telling)].join(' and ')} told about users to somebody who need not know.`,
              [
                'Switch the commands off, or let them answer 252 (Postfix: disable_vrfy_command = yes), where the server is open to everybody.',
              ],
            ),
          ],
  }
}

function isSame(one: Question, other: Question): boolean {
  return one.verb === other.verb && one.argument === other.argument
}

function verdictOf({ reply }: Answered): Verdict {
  // RFC 5321 §3.5.3: 252 is the way of not telling
  if (reply.code === 252) return 'not-told'
  if (isAccepted(reply)) return 'told'
  if (reply.code === 500 || reply.code === 502) return 'not-known-command'
  return reply.severity === 'transient' ? 'deferred' : 'unknown'
}
