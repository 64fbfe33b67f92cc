import type { ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { openApiDocument } from '../../src/http/documented.ts'

/** One way in which the document says that an operation may be answered. */
export interface DocumentedAnswer {
  /** `get /pop3/messages/{n}`. */
  readonly operation: string
  readonly status: number
  readonly type: string
}

/** An answer as it came over the wire. */
export interface SeenAnswer {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

/** Holds answers against the OpenAPI document that the service serves. */
export class DocumentWatch {
  readonly #paths: Paths
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true })

  constructor(document = openApiDocument('0.0.0')) {
    this.#paths = document.paths as unknown as Paths
    formats.default(this.#ajv)
    this.#ajv.addSchema(document, 'document')
  }

  /** Everything that an operation may answer. */
  documented(): DocumentedAnswer[] {
    return Object.entries(this.#paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { responses }]) =>
        Object.entries(responses).flatMap(([status, { content = {} }]) =>
          Object.keys(content).map((type) => ({
            operation: `${method} ${path}`,
            status: Number(status),
            type,
          })),
        ),
      ),
    )
  }

  /** @throws Error when the document does not describe this answer */
  check(answer: SeenAnswer): void {
    const wrong = this.#wrongIn(answer)
    if (wrong === undefined) return
    const { method, path, status, text } = answer
    throw new Error(`${method} ${path} was answered ${status}: ${wrong}\n${text.slice(0, 2000)}`)
  }

  #wrongIn(answer: SeenAnswer): string | undefined {
    const method = answer.method.toLowerCase() === 'head' ? 'get' : answer.method.toLowerCase()
    const pathname = answer.path.split('?', 1)[0] ?? ''
    const template = this.#templateOf(pathname)
    const operation = template === undefined ? undefined : this.#paths[template]?.[method]
    const type = (answer.headers['content-type'] ?? '').split(';', 1)[0] ?? ''
    if (template === undefined || operation === undefined) return this.#wrongBeside(answer, type)
    const documented = operation.responses[answer.status]
    if (documented === undefined) return 'the status is not documented'
    // 304 has no content at all
    if (documented.content === undefined) return answer.text === '' ? undefined : 'no content is documented'
    if (documented.content[type] === undefined) return `${type} is not documented`
    // RFC 9110 §9.3.2
    if (answer.method === 'HEAD') return answer.text === '' ? undefined : 'HEAD has no body'
    const place = ['paths', template, method, 'responses', String(answer.status), 'content', type, 'schema']
    return this.#wrongBy(place, answer.text, type)
  }

  /** OpenAPI 3.1 §4.8.8.2: concrete paths come before templated ones. */
  #templateOf(pathname: string): string | undefined {
    const matching = Object.keys(this.#paths).filter((each) => patternOf(each).test(pathname))
    return matching.find((each) => !each.includes('{')) ?? matching[0]
  }

  /** What is not in the document is a page for people, the document itself, or a problem. */
  #wrongBeside(answer: SeenAnswer, type: string): string | undefined {
    if (type === 'application/problem+json') {
      return this.#wrongBy(['components', 'schemas', 'Problem'], answer.text, type)
    }
    if (answer.status < 400 || type === 'text/plain' || type === 'text/markdown') return undefined
    return `${type} is no problem`
  }

  #wrongBy(place: readonly string[], text: string, type: string): string | undefined {
    const pointer = place.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
    const validate = this.#ajv.getSchema(`document#${encodeURI(pointer)}`) as ValidateFunction
    const body: unknown = /[/+]json$/.test(type) ? JSON.parse(text) : text
    return validate(body) ? undefined : this.#ajv.errorsText(validate.errors, { dataVar: 'body' })
  }
}

function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replaceAll(/\{[a-z]+\}/g, '[^/]+')}$`)
}
