# Builds with all dependencies, ships with those of production alone.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM node:24-slim
LABEL org.opencontainers.image.title="Mailwire" \
      org.opencontainers.image.description="One HTTP call runs one real SMTP or POP3 session and returns its transcript and a diagnosis" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production \
    MAILWIRE_HOST=0.0.0.0 \
    MAILWIRE_PORT=25110
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
EXPOSE 25110
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:25110/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# small young generations: a message that is passed on leaves much short-lived garbage, and memory stays flat
CMD ["node", "--max-semi-space-size=8", "--heap-growing-percent=60", "dist/main.js"]
