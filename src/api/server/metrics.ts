import type { RequestHandler } from 'express';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { LeaseLedger } from '../../boot/ports.ts';
import type { OnTransition } from '../../fleet/announcing.ts';
import { isActive, orderKinds, orderTransitions } from '../../fleet/order-states.ts';
import type { StoreGauge } from '../../fleet/ports.ts';
import { type RefusalReason, refusalReasons } from '../../installs/install.ts';

export interface Metrics {
  /** What Prometheus reads: the text exposition format. */
  scrape(): Promise<{ contentType: string; text: string }>;
  /** Times every request of an app under its route, not its address. */
  timed(api: 'admin' | 'agent'): RequestHandler;
  onTransition: OnTransition;
  /** Somebody was refused an answer of an install order. */
  onInstallAlarm(reason: RefusalReason): void;
  /** Counts agents that wait for an order; call what it returns when the wait is over. */
  agentWaits(): () => void;
}

export interface MetricsSources {
  store: StoreGauge;
  leases: Pick<LeaseLedger, 'scopes'>;
  /** Bytes of chunks and boot files sent so far, if somebody counts them. */
  bytesServed?: () => number;
  /** DHCP servers that are not ours, by interface. */
  otherServers?: () => { interface: string; count: number }[];
}

export const createMetrics = ({ store, leases, bytesServed, otherServers }: MetricsSources): Metrics => {
  const registers = [new Registry()] as [Registry];
  const requests = new Histogram({
    name: 'greif_http_request_duration_seconds',
    help: 'Time to answer a request',
    labelNames: ['api', 'method', 'route', 'status'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 30],
    registers,
  });
  const transitions = new Counter({
    name: 'greif_order_transitions_total',
    help: 'Orders that entered a state since the appliance started',
    labelNames: ['kind', 'state'] as const,
    registers,
  });
  const alarms = new Counter({
    name: 'greif_install_alarms_total',
    help: 'Requests for an answer, or with a token, of an install order that were refused since the appliance started',
    labelNames: ['reason'] as const,
    registers,
  });
  for (const reason of refusalReasons) alarms.inc({ reason }, 0);
  const waiting = new Gauge({ name: 'greif_agents_waiting', help: 'Agents waiting for an order', registers });
  const active = new Gauge({ name: 'greif_agents_active', help: 'Agents working on an order', registers });
  const orders = new Gauge({
    name: 'greif_orders',
    help: 'Orders by kind and state',
    labelNames: ['kind', 'state'] as const,
    registers,
  });
  if (bytesServed)
    new Gauge({
      name: 'greif_served_bytes_total',
      help: 'Bytes of chunks and boot files sent since the appliance started',
      registers,
      collect() {
        this.set(bytesServed());
      },
    });

  const [addresses, free] = [
    ['greif_dhcp_addresses', 'Addresses in the pools of a scope'],
    ['greif_dhcp_free_addresses', 'Addresses of a scope that a new client could be given'],
  ].map(([name = '', help = '']) => new Gauge({ name, help, labelNames: ['scope'] as const, registers }));

  const readScopes = (): void => {
    for (const { scope, ...use } of leases.scopes()) {
      addresses?.set({ scope }, use.addresses);
      free?.set({ scope }, use.free);
    }
  };
  if (otherServers)
    new Gauge({
      name: 'greif_dhcp_other_servers',
      help: 'DHCP servers on the network of an interface that are not this appliance',
      labelNames: ['interface'] as const,
      registers,
      collect() {
        for (const { interface: name, count } of otherServers()) this.set({ interface: name }, count);
      },
    });

  const readOrders = async (): Promise<void> => {
    const counts = await store.countOrders();
    for (const kind of orderKinds)
      for (const state of Object.keys(orderTransitions[kind])) orders.set({ kind, state }, 0);
    for (const { kind, state, count } of counts) orders.set({ kind, state }, count);
    const held = counts.filter(({ state }) => isActive(state));
    active.set(held.reduce((sum, { count }) => sum + count, 0));
  };

  return {
    async scrape() {
      await readOrders();
      readScopes();
      return { contentType: registers[0].contentType, text: await registers[0].metrics() };
    },
    timed: (api) => (request, response, next) => {
      const stop = requests.startTimer({ api, method: request.method });
      response.on('close', () => stop({ route: request.route?.path ?? 'none', status: response.statusCode }));
      next();
    },
    onTransition: ({ kind }, state) => transitions.inc({ kind, state }),
    onInstallAlarm: (reason) => alarms.inc({ reason }),
    agentWaits() {
      waiting.inc();
      return () => waiting.dec();
    },
  };
};
