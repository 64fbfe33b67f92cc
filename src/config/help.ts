import { KEYS_EXAMPLE } from './keys-file.ts'
import { EXAMPLE } from './servers-file.ts'
import { fileVariable, VARIABLES, type Variable } from './variables.ts'

interface Row {
  readonly name: string
  readonly default: string
  readonly meaning: string
}

/** Columns of a terminal. */
const WIDTH = 96

/** What `mailwire --help` prints. */
export function helpText(): string {
  const rows = everyRow()
  const column = Math.max(...rows.map(({ name }) => name.length)) + 4
  const table = rows.flatMap(({ name, meaning, ...row }) => {
    const lines = wrapped(`${meaning} [${row.default}]`, WIDTH - column)
    return lines.map((line, place) => `${(place === 0 ? `  ${name}` : '').padEnd(column)}${line}`)
  })
  return [
    'Usage: mailwire [--help | --version]',
    '',
    'An HTTP service that runs one real SMTP or POP3 session for each call, and returns everything',
    'that was said on the wire and what it means. It is configured by environment variables.',
    'In brackets: what holds when a variable is not set, or is empty.',
    '',
    ...table,
    '',
    'A servers file, as YAML or JSON; files it names are relative to its own folder:',
    '',
    ...EXAMPLE.split('\n').map((line) => `  ${line}`),
    '',
    'A keys file, likewise. A key may say less than everything: may (reads, sends, destroys), targets',
    '(configured servers, or entries as above) and rate (calls a minute). keyEnv and sha256 work too:',
    '',
    ...KEYS_EXAMPLE.split('\n').map((line) => `  ${line}`),
    '',
  ].join('\n')
}

/** The same variables as a table in Markdown, for the README. */
export function configurationTable(): string {
  const cells = everyRow().map((row) => [`\`${row.name}\``, row.default, row.meaning])
  const lines = [['variable', 'default', 'meaning'], ['---', '---', '---'], ...cells]
  return lines.map((line) => `| ${line.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`).join('')
}

function everyRow(): Row[] {
  return Object.values<Variable<unknown>>(VARIABLES).flatMap((variable) => {
    const row = {
      name: variable.name,
      default: variable.default === '' ? (variable.unset ?? 'none') : variable.default,
      meaning: variable.meaning,
    }
    if (variable.readContent === undefined) return [row]
    const file = {
      name: fileVariable(variable),
      default: 'none',
      meaning: 'a file that holds them instead, one a line',
    }
    return [row, file]
  })
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
