import type { RequestHandler } from 'express'

/**
 * Handlers one after the other, as one. Each layer of an Express router costs a call more than what most of the handlers
 * do in it.
 */
export function inOrder(...handlers: readonly RequestHandler[]): RequestHandler {
  return (request, response, leave) => {
    let place = 0
    const proceed = (error?: unknown): void => {
      const handler = error === undefined ? handlers[place] : undefined
      if (handler === undefined) {
        leave(error)
        return
      }
      place += 1
      try {
        const working: unknown = handler(request, response, proceed)
        if (working instanceof Promise)
          working.catch((rejected: unknown) => proceed(rejected ?? new Error('no reason was given')))
      } catch (thrown) {
        leave(thrown)
      }
    }
    proceed()
  }
}

/** A handler for the calls of these paths alone; the others pass by it. */
export function forPaths(paths: RegExp, handler: RequestHandler): RequestHandler {
  return (request, response, next) => {
    if (paths.test(request.path)) handler(request, response, next)
    else next()
  }
}
