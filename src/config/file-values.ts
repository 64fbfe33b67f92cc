import { z } from 'zod'
import { Secret } from '../text/secret.ts'
import { ValueError } from './config-error.ts'

/** Where the servers file takes from what it only names. */
export interface Sources {
  /** The content of a file. @throws {ValueError} */
  readonly content: (path: string) => string
  /** An environment variable. */
  readonly variable: (name: string) => string | undefined
}

/** What a transform tells its faults to. */
export interface Issues {
  addIssue(issue: { code: 'custom'; message: string }): void
}

/** The content of the file that is named. */
export function fileContent(sources: Sources) {
  return z.string().min(1, 'must name a file').transform(orIssue(sources.content))
}

/** From a reader that throws to a transform that tells. */
export function orIssue(read: (text: string) => string): (text: string, context: Issues) => string {
  return (text, context) => {
    try {
      return read(text)
    } catch (error) {
      if (!(error instanceof ValueError)) throw error
      context.addIssue({ code: 'custom', message: error.message })
      return z.NEVER
    }
  }
}

/** A secret as it is written. */
export function secretOrIssue(text: string, context: Issues): Secret {
  // RFC 4616 §2 has no NUL in a password, and USER/PASS no line break
  const message =
    text === ''
      ? 'must not be empty'
      : /[\r\n\0]/.test(text)
        ? 'must not hold a line break or NUL'
        : undefined
  if (message === undefined) return new Secret(text)
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}
