import { describe, expect, test } from 'vitest'
import { manualClock } from './manual-clock.ts'
import { ScriptedWire, serverOctetsOf } from './scripted-wire.ts'

const say = (wire: ScriptedWire, ...lines: string[]) =>
  wire.write(Buffer.from(lines.map((line) => `${line}\r\n`).join('')))
const hear = async (wire: ScriptedWire) => (await wire.read())?.toString()

test('a script is played line by line', async () => {
  const wire = new ScriptedWire(`
    S: 220 mx
    C: EHLO me
    S: 250-mx
    S: 250 \\xff
    C: QUIT
    S: 221 Bye
    S: <EOF>`)
  expect(await hear(wire)).toBe('220 mx\r\n')
  say(wire, 'EHLO me')
  expect((await wire.read())?.toString('latin1')).toBe('250-mx\r\n250 \xff\r\n')
  say(wire, 'QUIT')
  expect(await hear(wire)).toBe('221 Bye\r\n')
  expect(await wire.read()).toBeNull()
  expect(wire.flights).toBe(2)
})

test('octets come one by one, or with cuts, or without line ends', async () => {
  const slow = new ScriptedWire('S: 22 <CUT>', { cuts: 'every-octet' })
  expect([await hear(slow), await hear(slow), await hear(slow), slow.readNow()]).toEqual([
    '2',
    '2',
    ' ',
    undefined,
  ])
  const cut = new ScriptedWire('S: 1234\nS: 5678<BARE-LF>', { cuts: [2, 7] })
  expect(serverOctetsOf('S: 1234\nC: x\nS: 5678<BARE-LF>')).toBe(11)
  expect([await hear(cut), await hear(cut), await hear(cut)]).toEqual(['12', '34\r\n5', '678\n'])
})

test('what is left unanswered can be left, and what is reset stays so', async () => {
  const silent = new ScriptedWire('S: <SILENCE>\nC: QUIT\nS: 221 Bye')
  const reading = hear(silent)
  say(silent, 'QUIT')
  expect(await hear(silent)).toBe('221 Bye\r\n')
  silent.end()
  expect(await reading).toBeUndefined()
  const reset = new ScriptedWire('C: QUIT\nS: <RESET>')
  say(reset, 'QUIT')
  await expect(reset.read()).rejects.toMatchObject({ code: 'ECONNRESET' })
  await expect(reset.writable()).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('destroying it rejects what is being waited for', async () => {
  const wire = new ScriptedWire('S: <SILENCE>')
  const reading = wire.read()
  wire.destroy(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
})

test('time passes as the script says', async () => {
  const clock = manualClock()
  const wire = new ScriptedWire('S: <PAUSE 500>\nS: 220 mx', { clock })
  await wire.read()
  expect(clock.now()).toBe(500)
})

describe('a test fails', () => {
  test.fails('where the client says something else', () => {
    const wire = new ScriptedWire('C: RCPT TO:<a@x>')
    try {
      say(wire, 'RCPT TO:<b@x>')
    } catch {
      // even where somebody takes it for a failure of the connection
    }
  })

  test.fails('where the client says too much', () => {
    say(new ScriptedWire('C: QUIT'), 'QUIT', 'QUIT')
  })

  test.fails('where the client says too little', () => {
    say(new ScriptedWire('C: MAIL\nC: RCPT'), 'MAIL')
  })

  test.fails('where the client speaks before it has listened', () => {
    say(new ScriptedWire('S: 220 mx\nC: QUIT'), 'QUIT')
  })

  test.fails('where the client does not listen to the end', () => {
    say(new ScriptedWire('C: QUIT\nS: 221 Bye'), 'QUIT')
  })

  test.fails('where the client waits for what nobody says', async () => {
    const wire = new ScriptedWire('S: 220 mx\nC: QUIT')
    await wire.read()
    await wire.read().catch(() => undefined)
  })

  test.fails('where the client starts TLS unasked', async () => {
    const wire = new ScriptedWire('S: 220 mx')
    await wire.read()
    await wire.startTls({ servername: 'mx', minVersion: 'TLSv1.2' }).catch(() => undefined)
  })
})

describe('the clock', () => {
  test('calls back in order, at the time that is due, and not when cancelled', () => {
    const clock = manualClock()
    const calls: string[] = []
    clock.after(20, () => calls.push(`b at ${clock.now()}`))
    clock.after(10, () => calls.push(`a at ${clock.now()}`))
    const cancel = clock.after(15, () => calls.push('cancelled'))
    clock.after(31, () => calls.push('too late'))
    cancel()
    clock.advance(30)
    expect(calls).toEqual(['a at 10', 'b at 20'])
    expect([clock.now(), clock.waiting]).toEqual([30, 1])
  })
})
