import type { Response } from 'express'
import type { ApiKey } from '../config/keys-file.ts'
import type { Target } from '../session/target.ts'
import { Problem } from './problem.ts'

/** The key that the caller showed; undefined where the service wants none. */
export function keyOf({ locals }: Pick<Response, 'locals'>): ApiKey | undefined {
  return locals['key'] as ApiKey | undefined
}

/** Remembers whose call it is. */
export function rememberKey(response: Response, key: ApiKey): void {
  response.locals['key'] = key
}

/** @throws {Problem} 403 when the caller's key is not for calls that do this */
export function requireImpact(response: Response, impact: ApiKey['may'][number]): void {
  const key = keyOf(response)
  if (key === undefined || key.may.includes(impact)) return
  throw limited(`${called(key)} may not do what ${impact}: its \`may\` does not list it.`)
}

/** @throws {Problem} 403 when the caller's key is not for this mail server; before anything is connected */
export function requireTarget(response: Response, target: Target): void {
  const key = keyOf(response)
  if (key === undefined || key.reaches(target)) return
  throw limited(`${called(key)} may not use this mail server: its \`targets\` do not list it.`)
}

function called({ name }: ApiKey): string {
  return name === undefined ? 'This key' : `The key ${name}`
}

function limited(detail: string): Problem {
  return new Problem({ status: 403, code: 'key-limited', detail })
}
