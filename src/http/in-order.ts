import type { RequestHandler } from 'express'

/**
 * Handlers one after the other, as one. Each layer of an Express router costs a call more than what most of the handlers
 * do in it.
 */
export function inOrder(...handlers: readonly RequestHandler[]): RequestHandler {
  return (request, response, done) => {
    let place = 0
    const next = (error?: unknown): void => {
      const handler = error === undefined ? handlers[place] : undefined
      if (handler === undefined) {
        done(error)
        return
      }
      place += 1
      try {
        const working: unknown = handler(request, response, next)
        if (working instanceof Promise) working.catch(done)
      } catch (thrown) {
        done(thrown)
      }
    }
    next()
  }
}

/** A handler for the calls of these paths alone; the others pass by it. */
export function forPaths(paths: RegExp, handler: RequestHandler): RequestHandler {
  return (request, response, next) => {
    if (paths.test(request.path)) handler(request, response, next)
    else next()
  }
}
