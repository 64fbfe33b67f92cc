import { z } from 'zod'
import { LongText } from '../../text/long-text.ts'

/** A string that may be long: a message, or a part of one. To callers it is a string like any other. */
export function longText() {
  return z
    .custom<string | LongText>((given) => typeof given === 'string' || given instanceof LongText, {
      error: ({ input }) => z.string().safeParse(input).error?.issues[0]?.message,
    })
    .meta({ override: { type: 'string' } })
}
