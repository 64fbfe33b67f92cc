import type { z } from 'zod'
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi'
import { operationOf, type Route } from './route.ts'
import { healthRoutes } from './routes/health.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { pop3Routes } from './routes/pop3-routes.ts'
import { problemRoutes } from './routes/problems.ts'
import { smtpRoutes } from './routes/smtp-routes.ts'

type AnyRoute = Route<z.ZodObject, z.ZodObject, z.ZodType | undefined>

/** Every route that the document describes. */
export const ROUTES: readonly AnyRoute[] = [
  ...smtpRoutes,
  ...pop3Routes,
  ...problemRoutes,
  ...healthRoutes,
  ...metricsRoutes,
]

/** The OpenAPI 3.1 document, written from the schemas that the service validates with. */
export function openApiDocument(version: string) {
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Mailwire',
        version,
        license: { name: 'MIT', identifier: 'MIT' },
        description: DESCRIPTION,
      },
      // relative, so that it is right behind a proxy with a path too
      servers: [{ url: '.', description: 'This service' }],
      tags: [
        { name: 'SMTP', description: 'Sending: one call is one session with a mail server.' },
        { name: 'POP3', description: 'Reading and deleting. The mailbox’s credentials are HTTP Basic.' },
        { name: 'Problems', description: 'What can go wrong, explained.' },
        { name: 'Health', description: 'For whoever watches over the service.' },
      ],
      components: {
        securitySchemes: {
          serviceKey: {
            type: 'apiKey',
            in: 'header',
            name: 'X-API-Key',
            description: 'The service’s own key, where it is configured to want one.',
          },
          mailbox: {
            type: 'http',
            scheme: 'basic',
            description:
              'The mailbox’s user and password. The sandbox knows `alice` and `bob`, password `sandbox`.',
          },
        },
      },
      paths: pathsOf(ROUTES),
    },
    {
      override: ({ jsonSchema }) => {
        // Swagger UI makes up absurd examples from a pattern
        if (jsonSchema.format !== undefined) delete jsonSchema.pattern
      },
    },
  )
}

function pathsOf(routes: readonly AnyRoute[]): ZodOpenApiPathsObject {
  const paths: Record<string, Record<string, ReturnType<typeof operationOf>>> = {}
  for (const each of routes) {
    paths[each.path] = { ...paths[each.path], [each.method]: operationOf(each) }
  }
  return paths as ZodOpenApiPathsObject
}

const DESCRIPTION = `One call runs one real SMTP or POP3 session and returns what was said on the wire, byte for byte, and,
when the server says no, why in plain words.

2xx means that the mail operation did what was asked; everything else is a problem (RFC 9457) whose \`type\` has a page under
\`/problems\`. A message that was \`accepted\` was taken over by the server, which is not yet delivered.

Answers and problems can be had as JSON, as text, as Markdown for a ticket, and as server-sent events while the session runs.

Out of the box every call goes to a small mail server inside the service, the sandbox: users \`alice\` and \`bob\`, password
\`sandbox\`. Each call is marked by what it does (\`x-impact\`): \`reads\`, \`sends\` or \`destroys\`.`
