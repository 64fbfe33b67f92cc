/** One server-sent event, as a caller gets it. */
export interface SeenEvent {
  readonly event: string
  readonly id: string | undefined
  readonly data: EventData
}

/** What tests look at in the data of an event, and everything else. */
export interface EventData extends Readonly<Record<string, unknown>> {
  readonly session?: string
  readonly status?: number
  readonly looks?: number
  readonly transcript?: { readonly id: string; readonly entries: readonly unknown[] }
}

/** Reads a stream of events by the letter (WHATWG HTML §9.2.6); what is no event in it is a comment. */
export function eventsIn(stream: string): readonly SeenEvent[] {
  const blocks = stream.split('\n\n')
  if (blocks.pop() !== '') throw new Error('the stream ends inside an event')
  return blocks.flatMap((block) => {
    const fields = new Map<string, string>()
    for (const line of block.split('\n')) {
      const [, name = '', value = ''] = /^([a-z]*): (.*)$/.exec(line) ?? []
      if (name === '' && !line.startsWith(':')) throw new Error(`no field: ${line}`)
      if (fields.has(name)) throw new Error(`the field ${name} twice`)
      fields.set(name, value)
    }
    const data = fields.get('data')
    if (data === undefined) return []
    return [{ event: fields.get('event') ?? '', id: fields.get('id'), data: JSON.parse(data) as EventData }]
  })
}
