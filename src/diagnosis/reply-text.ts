import type { Reply } from '../session/answer.ts'

const LEADING = /^#?[245]\.\d{1,3}\.\d{1,3}(?=[\s:]|$)[\s:]*/
/** `553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)`: so does qmail. `550 #5.1.0 Address rejected.`: so does Cisco. */
const HASHED = /(?:^|\()#([45]\.\d{1,3}\.\d{1,3})(?=[)\s]|$)/

/** What a server means it says at once; patterns are not tried on a flood. */
const LONGEST_TEXT = 4000

/** The words of a reply as one line, without the enhanced status codes at the beginning of its lines. */
export function textOf(reply: Reply): string {
  return reply.lines
    .map((line) => line.replace(LEADING, '').trim())
    .join(' ')
    .trim()
    .slice(0, LONGEST_TEXT)
}

/** Subject and detail of the enhanced status code, wherever the server put it: `7.1` of 5.7.1. */
export function detailOf(reply: Reply | undefined): string | undefined {
  if (reply === undefined) return undefined
  const enhanced = reply.enhanced ?? HASHED.exec(reply.lines.join(' '))?.[1]
  return enhanced?.slice(2)
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** More than this was not meant as a time to wait for. */
const LONGEST_WAIT_SECONDS = 7 * 86_400

const WAITS = [
  // "try again in 5 minutes", "greylisted for 300 seconds", "wait 10 min", "at least 15 minutes apart"
  /\b(?:in|for|after|wait|least|within|every|another|next|a)\s+(?:about\s+)?(\d{1,6})[\s-]*(s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?|hrs?|d|days?)\b/i,
  // "5 minutes later", "300 seconds remaining", "15 minute period"
  /\b(\d{1,6})[\s-]*(s|sec|secs|seconds?|min|mins|minutes?|hours?|hrs?|days?)\b(?=.{0,12}(?:later|remain|left|apart|period|before|more|and try|then))/i,
  // "retry timeout: 60", "retry-after=120", "Retry in 00:04:59"
  /\bretry[\s-]*(?:timeout|after|time|in)?\s*[:=]?\s*(\d{1,6})\s*(s|m|h)?\b(?!:)/i,
]

const CLOCK = /\b(?:in|for|after|retry)\b.{0,12}?\b(\d{1,2}):([0-5]\d):([0-5]\d)\b/i

/** How long the server asks to wait, in seconds, where its words say so. */
export function secondsIn(text: string): number | undefined {
  const clock = CLOCK.exec(text)
  if (clock !== null) {
    const [, hours, minutes, seconds] = clock.map(Number)
    return bounded((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0))
  }
  for (const wait of WAITS) {
    const [, amount, unit] = wait.exec(text) ?? []
    if (amount === undefined) continue
    return bounded(Number(amount) * (UNIT_SECONDS[unit?.charAt(0).toLowerCase() ?? 's'] ?? 1))
  }
  return undefined
}

function bounded(seconds: number): number | undefined {
  return seconds > 0 && seconds <= LONGEST_WAIT_SECONDS ? seconds : undefined
}
