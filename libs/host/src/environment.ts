import path from 'node:path';
import { z } from 'zod';

type Environment = Readonly<Record<string, string | undefined>>;

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);

/** Settings that every process on a host reads from its environment, by name. docs/configuration.md explains each. */
export const HOST_VARIABLES = {
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
  HOST: z.string().default('127.0.0.1'),
  /** Where browsers and clients reach this server; decides cookies' Secure flag. */
  PUBLIC_URL: z.url().optional(),
  SWITCHYARD_HOME: z
    .string()
    .default('.switchyard')
    .transform((folder) => path.resolve(folder)),
  /** Hosts or CIDR blocks on private networks that tenants' URLs may reach. */
  SWITCHYARD_EGRESS_ALLOW: list.default([]),
  /** Presets that start a program on this host which tenant admins may add by themselves. */
  SWITCHYARD_STDIO_PRESETS: list.default([]),
  /** The OPA command line, as an absolute path: compiles and tests the rules that tenants write themselves. */
  SWITCHYARD_OPA: z
    .string()
    .refine((file) => path.isAbsolute(file), 'an absolute path, such as /usr/local/bin/opa')
    .optional(),
  /** Key-encryption keys: the content of a key file; unset, the key file in SWITCHYARD_HOME is used. */
  SWITCHYARD_KEK: z.string().optional(),
  /** Signs checkpoints of audit logs; unset, a file in SWITCHYARD_HOME. Several nodes must share it. */
  SWITCHYARD_AUDIT_KEY: z.string().optional(),
  /** By which alerts are mailed: smtps://user:password@host:port. Unset, alerts by e-mail wait. */
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  /** The sender of alerts. */
  ALERT_FROM: z.email().optional(),
  /** Signs sessions; unset, a file in SWITCHYARD_HOME. Several nodes must share it. */
  SWITCHYARD_SECRET: z.string().min(32).optional(),
};

/** Reads a process's settings; an empty variable counts as unset. Throws one error that names each wrong one. */
export function parseEnvironment<Schema extends z.ZodType>(schema: Schema, source: Environment): z.infer<Schema> {
  const parsed = schema.safeParse(Object.fromEntries(Object.entries(source).filter(([, value]) => value !== '')));
  if (!parsed.success) throw new Error(`The environment is not usable:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

const STDIO_VARIABLES = ['npm_config_registry', 'NODE_EXTRA_CA_CERTS', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'];

/** What every stdio server gets of our environment: how to reach a package registry, and nothing else. */
export const stdioEnvironment = (source: Environment): Record<string, string> =>
  Object.fromEntries(STDIO_VARIABLES.flatMap((name) => (source[name] ? [[name, source[name]]] : [])));

/** Throws one error that names what is missing. */
export function smtpOf(env: {
  SMTP_URL?: string | undefined;
  ALERT_FROM?: string | undefined;
}): { url: string; from: string } | undefined {
  const { SMTP_URL: url, ALERT_FROM: from } = env;
  if (!url && !from) return undefined;
  if (!url || !from) throw new Error('Alerts by e-mail need SMTP_URL and ALERT_FROM together.');
  return { url, from };
}

export const publicUrlOf = (env: { PUBLIC_URL?: string | undefined; HOST: string; PORT: number }): string =>
  (env.PUBLIC_URL ?? `http://${env.HOST}:${env.PORT}`).replace(/\/$/, '');

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** The origins whose pages are ours: the public one and, on one's own machine, the other names of that machine. */
export function originsOf(publicUrl: string): string[] {
  const { origin, hostname } = new URL(publicUrl);
  return LOOPBACK.includes(hostname) ? LOOPBACK.map((name) => origin.replace(hostname, name)) : [origin];
}
