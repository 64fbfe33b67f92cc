import { PROBLEMS } from '../diagnosis/catalogue.ts'
import { codeSpan, prose } from '../text/markdown.ts'
import { accountText } from './account.ts'
import { accountMarkdown } from './markdown.ts'
import type { FieldError, Problem } from './problem.ts'

/** The problem as RFC 9457 has it. */
export function problemBody({ options }: Problem, instance: string): object {
  const { code, status, detail, members = {} } = options
  return { type: `/problems/${code}`, title: PROBLEMS[code].title, status, detail, instance, ...members }
}

/** As it is read in a terminal. */
export function problemText(problem: Problem): string {
  const { account, detail } = problem.options
  if (account !== undefined) return accountText(account)
  const fields = fieldsOf(problem).map(({ name, detail: fault }) => `  ${name}: ${fault}`)
  return `${[titleOf(problem), detail, ...fields].join('\n')}\n`
}

/** As a ticket. */
export function problemMarkdown(problem: Problem): string {
  const { account, detail } = problem.options
  const heading = `# ${titleOf(problem)}\n\n`
  if (account !== undefined) return `${heading}${accountMarkdown(account)}`
  const fields = fieldsOf(problem).map(({ name, detail: fault }) => `- ${codeSpan(name)}: ${prose(fault)}\n`)
  return `${heading}${prose(detail)}\n${fields.length === 0 ? '' : `\n${fields.join('')}`}`
}

function titleOf({ options: { status, code } }: Problem): string {
  return `${status} ${PROBLEMS[code].title}`
}

function fieldsOf({
  options: { members = {} },
}: Problem): { readonly name: string; readonly detail: string }[] {
  const errors = (members['errors'] as readonly FieldError[] | undefined) ?? []
  return errors.map(({ pointer, parameter, header, detail }) => ({
    name: pointer ?? parameter ?? header ?? '',
    detail,
  }))
}
