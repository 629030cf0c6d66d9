import type { Programs } from "./types.ts";

export const machinePrograms: Readonly<Record<string, Programs>> = {
  java: {
    hello: 'public class Main { public static void main(String[] args) { System.out.println("OK"); } }\n',
    sum: 'import java.util.Scanner;\npublic class Main { public static void main(String[] args) { Scanner in = new Scanner(System.in); System.out.println(in.nextInt() + in.nextInt() + " é"); } }\n',
    malformed: "public class Main { public static void main(String[] args) { noSuchName(); } }\n",
    failing:
      'public class Main { public static void main(String[] args) { throw new IllegalStateException("on purpose"); } }\n',
  },
  kotlin: {
    hello: 'fun main() { println("OK") }\n',
    sum: 'fun main() { val numbers = readLine()!!.split(" ").map { it.toInt() }; println("${numbers.sum()} é") }\n',
    malformed: "fun main() { noSuchName() }\n",
    failing: 'fun main() { throw IllegalStateException("on purpose") }\n',
  },
  scala: {
    hello: 'object Main { def main(args: Array[String]): Unit = println("OK") }\n',
    sum: 'object Main { def main(args: Array[String]): Unit = println(scala.io.StdIn.readLine().split(" ").map(_.toInt).sum + " é") }\n',
    malformed: "object Main { def main(args: Array[String]): Unit = noSuchName() }\n",
    failing: "object Main { def main(args: Array[String]): Unit = sys.exit(3) }\n",
  },
  groovy: {
    hello: "println 'OK'\n",
    sum: "def numbers = System.in.newReader('UTF-8').readLine().split(' ').collect { it as int }\nprintln \"${numbers.sum()} é\"\n",
    malformed: "def broken = {{{\n",
    failing: "System.exit(3)\n",
  },
  clojure: {
    hello: '(println "OK")\n',
    sum: '(let [numbers (map #(Integer/parseInt %) (clojure.string/split (read-line) #" "))] (println (apply + numbers) "é"))\n',
    malformed: "(println\n",
    failing: "(System/exit 3)\n",
  },
  csharp: {
    hello: 'public class Program { public static void Main() { System.Console.WriteLine("OK"); } }\n',
    sum: "using System.Linq;\npublic class Program { public static void Main() { System.Console.WriteLine(System.Console.ReadLine().Split(' ').Select(int.Parse).Sum() + \" é\"); } }\n",
    malformed: "public class Program { public static void Main() { NoSuchName(); } }\n",
    failing:
      'public class Program { public static void Main() { throw new System.Exception("on purpose"); } }\n',
  },
  typescript: {
    hello: 'const text: string = "OK";\nconsole.log(text);\n',
    sum: 'import { readFileSync } from "node:fs";\nconst numbers: number[] = readFileSync(0, "utf8").trim().split(" ").map(Number);\nconsole.log(`${numbers.reduce((a, b) => a + b)} é`);\n',
    malformed: 'const wrong: number = "text";\nconsole.log(wrong);\n',
    failing: 'throw new Error("on purpose");\n',
  },
  coffeescript: {
    hello: 'console.log "OK"\n',
    sum: 'numbers = require("fs").readFileSync(0, "utf8").trim().split(" ").map(Number)\nconsole.log "#{numbers[0] + numbers[1]} é"\n',
    malformed: 'console.log "never closed\n',
    failing: 'throw new Error "on purpose"\n',
  },
  verilog: {
    hello: 'module main; initial begin $display("OK"); $finish; end endmodule\n',
    sum: 'module main; integer a, b, n; initial begin n = $fscanf(32\'h8000_0000, "%d %d", a, b); $display("%0d é", a + b); $finish; end endmodule\n',
    malformed: "module main; initial begin no_such_thing endmodule\n",
    failing: "module main; initial $fatal(0); endmodule\n",
  },
};
