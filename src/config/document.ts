import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { ValueError } from './config-error.ts'

/** Where a file takes from what it only names. */
export interface Sources {
  /** The content of a file. @throws {ValueError} */
  readonly content: (path: string) => string
  /** An environment variable. */
  readonly variable: (name: string) => string | undefined
}

/**
 * Reads a file of the configuration, JSON or YAML. No message quotes a value: any of them may be a secret in the wrong
 * place.
 * @throws {ValueError} naming each path at fault
 */
export function readDocument<S extends z.ZodType>(text: string, schema: S): z.output<S> {
  const parsed = schema.safeParse(documentIn(text))
  if (!parsed.success) throw new ValueError(`is wrong: ${parsed.error.issues.map(faultOf).join('; ')}`)
  return parsed.data
}

/** The content of a file that a field names. */
export function fileContent(sources: Sources) {
  return z.string().min(1, 'must name a file').transform(orIssue(sources.content))
}

export type Issues = { addIssue(issue: { code: 'custom'; message: string }): void }

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

function faultOf(issue: z.core.$ZodIssue): string {
  // a key that is wrong has its reason one level deeper
  const { message } = (issue.code === 'invalid_key' ? issue.issues[0] : undefined) ?? issue
  return [issue.path.join('.'), message].filter((part) => part !== '').join(': ')
}

/** JSON is read as the YAML 1.2 that it is; so a key that stands twice is a mistake in both. */
function documentIn(text: string): unknown {
  const lineCounter = new LineCounter()
  // neither the pretty messages nor the plain ones are shown: both quote the text
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' })
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) {
    const { line } = lineCounter.linePos(problem.pos[0])
    throw new ValueError(`is neither JSON nor YAML at line ${line} (${problem.code})`, { cause: problem })
  }
  try {
    return document.toJS()
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    throw new ValueError('is no YAML: an alias (*) has no anchor (&), or there are too many', {
      cause: error,
    })
  }
}
