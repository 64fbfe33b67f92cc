import { type FieldError, invalidRequest, Problem } from './problem.ts'

/**
 * Looks at parts of a request of which none needs another, so that one answer names the faults of all of them.
 * @throws {Problem} 400 with the faults of every part, each place named once
 */
export async function together<P extends Readonly<Record<string, () => unknown>>>(
  parts: P,
): Promise<{ readonly [K in keyof P]: Awaited<ReturnType<P[K]>> }> {
  const errors: FieldError[] = []
  const values: Record<string, unknown> = {}
  for (const [name, part] of Object.entries(parts)) {
    try {
      values[name] = await part()
    } catch (error) {
      errors.push(...faultsOf(error))
    }
  }
  if (errors.length > 0) throw invalidRequest(onceEach(errors))
  return values as { readonly [K in keyof P]: Awaited<ReturnType<P[K]>> }
}

/** What is wrong with one part does not hide what is wrong with the next. */
export async function collected<T>(errors: FieldError[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    errors.push(...faultsOf(error))
    return undefined
  }
}

/** @throws what is no fault of a field */
function faultsOf(error: unknown): readonly FieldError[] {
  const faults =
    error instanceof Problem && error.options.code === 'invalid-request'
      ? error.options.members?.['errors']
      : undefined
  if (faults === undefined) throw error
  return faults as readonly FieldError[]
}

/** Two parts may look at the same field; the first that found a fault has told it. */
function onceEach(errors: readonly FieldError[]): FieldError[] {
  const told = new Map<string, FieldError>()
  for (const error of errors) {
    const { pointer, parameter, header } = error
    const place = JSON.stringify([pointer, parameter, header])
    if (!told.has(place)) told.set(place, error)
  }
  return [...told.values()]
}
