// A client of the official TypeScript SDK that does what it is told: one JSON line {call, with} in, one JSON line out.
// Arguments: the protocol era ("legacy" or "auto"), then the server's URL or the command that starts it.
import { createInterface } from "node:readline";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { SkillsClient } from "@modelcontextprotocol/client/ext/skills";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const [era, target, ...args] = process.argv.slice(2);
const client = new Client(
  { name: "typescript-story", version: "1" },
  { versionNegotiation: { mode: era === "legacy" ? "legacy" : "auto" } },
);
const skills = new SkillsClient(client);

async function readSkills(): Promise<unknown> {
  const files: Record<string, number> = {};
  for (const skill of (await skills.list()).skills) {
    for (const entry of skill.resources === "dynamic" ? [] : skill.resources) {
      const file = await skills.read(skill, entry.uri);
      if (!file.verified) throw new Error(`${entry.uri} was not verified`);
      files[entry.uri] = file.bytes.length;
    }
    await skills.readDirectory(skill.uri.slice(0, skill.uri.lastIndexOf("/")));
  }
  return files;
}

const calls: Record<string, (given: any) => Promise<unknown>> = {
  describe: async () => ({
    revision: client.getNegotiatedProtocolVersion(),
    server: client.getServerVersion(),
    instructions: client.getInstructions(),
  }),
  listTools: () => client.listTools(),
  callTool: (given) => client.callTool(given, { timeout: 600_000 }),
  listResources: () => client.listResources(),
  readResource: (given) => client.readResource(given),
  listPrompts: () => client.listPrompts(),
  getPrompt: (given) => client.getPrompt(given),
  complete: (given) => client.complete(given),
  readSkills,
};

const transport = target.startsWith("http://")
  ? new StreamableHTTPClientTransport(new URL(target))
  : new StdioClientTransport({ command: target, args, env: process.env as Record<string, string> });
await client.connect(transport);
for await (const line of createInterface({ input: process.stdin })) {
  const { call, with: given } = JSON.parse(line);
  const answer = await calls[call](given).then(
    (result) => ({ result }),
    (error) => ({ error: String(error) }),
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await client.close();
