import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'

/**
 * V8's own word for whether it finds the properties of both at the same places. Objects of one kind that are not of one
 * hidden class are looked up the slow way, each of them.
 */
export function ofOneHiddenClass(one: object | undefined, other: object | undefined): boolean {
  setFlagsFromString('--allow-natives-syntax')
  const natively: unknown = runInThisContext('(one, other) => %HaveSameMap(one, other)')
  return typeof natively === 'function' && natively(one, other) === true
}
