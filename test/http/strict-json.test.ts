import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Problem } from '../../src/http/problem.ts'
import { requireStrictJson } from '../../src/http/strict-json.ts'
import { service } from '../support/service.ts'

/** The pointers that are at fault, each with why. */
function faultsOf(text: string | Buffer, charset = 'utf-8'): unknown {
  try {
    requireStrictJson(Buffer.from(text), charset)
    return []
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return error.options.members?.['errors'] ?? error.options.status
  }
}

const TWICE = 'it stands there more than once'

describe('a name that stands twice', () => {
  test.each([
    ['{"a":1,"a":2}', ['/a']],
    ['{"a":1,"b":{"c":[1,{"d":1,"e":2,"d":3}]}}', ['/b/c/1/d']],
    ['{"a":1,"\\u0061":2}', ['/a']],
    ['{"a\\"":1,"a\\"":2}', ['/a"']],
    ['{"a/b~":1,"a/b~":2}', ['/a~1b~0']],
    ['{"\\\\":1,"\\\\":2}', ['/\\']],
    ['[{"a":1},{"a":1},{"a":1,"a":1,"a":1}]', ['/2/a', '/2/a']],
    ['{"":1,"":1}', ['/']],
    ['{ "é" : 1 ,\n"é":2}', ['/é']],
  ])('%s', (text, pointers) => {
    expect(faultsOf(text)).toEqual(pointers.map((pointer) => ({ pointer, detail: TWICE })))
  })

  test.each([
    '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}',
    '{"a":"a","b":"a","c":["a","a"]}',
    '{"a":"\\"a\\":1,\\"a\\":2"}',
    '{"a":"\\\\","b":"{\\"a\\":1}"}',
    '[["a","a"],["a","a"]]',
    '"a"',
    '',
  ])('does not stand in %s', (text) => {
    expect(faultsOf(text)).toEqual([])
  })

  test('is never found in what JSON.stringify makes', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        fc.pre(!text.includes('__proto__'))
        expect(faultsOf(text)).toEqual([])
      }),
    )
  })

  test('is found wherever it stands in it', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue({ maxDepth: 3 }), (name, value) => {
        fc.pre(name !== '__proto__')
        const written = `${JSON.stringify(name)}:${JSON.stringify(value)}`
        fc.pre(!written.includes('__proto__'))
        expect(faultsOf(`[{"x-":${JSON.stringify(value)},${written},"y-":0,${written}}]`)).toMatchObject([
          { detail: TWICE },
        ])
      }),
    )
  })
})

test('whatever is no JSON is left to the parser, at every cut', () => {
  const whole = '{"a":[1,"b\\"",{"c":null}],"d":"\\\\"}'
  for (let end = 0; end <= whole.length; end += 1) expect(faultsOf(whole.slice(0, end))).toEqual([])
  for (const text of [']]]}}}', '{"a" "a" "a"}', '{"\\q":1}', ',,,', '{{{}}}'])
    expect(faultsOf(text)).toEqual([])
})

test('__proto__ is a field that there is not, wherever it stands', () => {
  expect(faultsOf('{"a":{"__proto__":{}},"\\u005f_proto__":1}')).toEqual([
    { pointer: '/a/__proto__', detail: 'there is no such field' },
    { pointer: '/__proto__', detail: 'there is no such field' },
  ])
})

test('nesting has a limit, and its innocent twin has not reached it', () => {
  expect(faultsOf('['.repeat(33))).toMatchObject([{ detail: 'it is nested too deeply' }])
  expect(faultsOf(`${'['.repeat(32)}${']'.repeat(32)}`.repeat(3))).toEqual([])
})

test('the number of values has a limit; what stands in strings does not count', () => {
  expect(faultsOf(`[${'1,'.repeat(600_000)}1]`)).toMatchObject([{ detail: 'it holds too many values' }])
  expect(faultsOf(`{"a":"${'1,'.repeat(600_000)}"}`)).toEqual([])
})

test('only UTF-8 is read', () => {
  expect(faultsOf('{}', 'utf-16le')).toBe(415)
  expect(faultsOf(Buffer.from([0x22, 0xff, 0x22]))).toMatchObject([{ detail: 'this is not UTF-8' }])
  expect(faultsOf(Buffer.from('"\u{1f600}"'))).toEqual([])
})

describe('over the whole call', () => {
  const mailwire = service()
  const envelope = '{"from":"alice@sandbox.test","to":["bob@sandbox.test"]}'
  const post = (body: string, type = 'application/json') =>
    mailwire.agent.post('/smtp/send').set('Content-Type', type).send(body)

  test.each([
    [`{"envelope":${envelope},"tls":"off","tls":"required"}`, ['/tls']],
    [
      `{"envelope":${envelope},"message":{"from":"a@b.c","headers":{"X":"1","X":"2"}}}`,
      ['/message/headers/X'],
    ],
    [`{"envelope":${envelope},"__proto__":{"dryRun":true}}`, ['/__proto__']],
    [
      `{"message":{"from":"a@b.test","to":["c@d.test"],"headers":{"__proto__":"x"}}}`,
      ['/message/headers/__proto__'],
    ],
    [`{"envelope":${envelope},"constructor":{},"prototype":{}}`, ['/constructor', '/prototype']],
    [`{"envelope":${envelope},"toString":"x","hasOwnProperty":1}`, ['/toString', '/hasOwnProperty']],
  ])('%s', async (body, pointers) => {
    const response = await post(body).expect(400)
    expect(response.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers)
  })

  test('a million brackets cost nothing', async () => {
    const began = performance.now()
    const { body } = await post(`{"envelope":${'['.repeat(1_000_000)}`).expect(400)
    expect(body.errors).toMatchObject([{ detail: 'it is nested too deeply' }])
    expect(performance.now() - began).toBeLessThan(1000)
  })

  test.each(['utf-16', 'utf-32', 'UTF-7', 'latin1'])('the charset %s is not read', async (charset) => {
    await post('{}', `application/json; charset=${charset}`).expect(415)
  })

  test('a value is not quoted, wherever its name stands twice', async () => {
    const { text } = await post(
      `{"auth":{"password":"a password of alice","password":"x-another-one"}}`,
    ).expect(400)
    expect(text).not.toMatch(/of alice|another-one/)
  })
})
