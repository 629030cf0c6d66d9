import type { Programs } from "./types.ts";

export const functionalPrograms: Readonly<Record<string, Programs>> = {
  haskell: {
    hello: 'main :: IO ()\nmain = putStrLn "OK"\n',
    sum: 'import qualified Data.Map as Map\nmain :: IO ()\nmain = do\n  text <- getLine\n  let numbers = Map.fromList (zip [0 :: Int ..] (map read (words text))) :: Map.Map Int Int\n  putStrLn (show (sum (Map.elems numbers)) ++ " é")\n',
    malformed: "main :: IO ()\nmain = noSuchName\n",
    failing: 'main :: IO ()\nmain = error "on purpose"\n',
  },
  ocaml: {
    hello: 'let () = print_endline "OK"\n',
    sum: 'let () = Scanf.scanf " %d %d" (fun a b -> Printf.printf "%d é\\n" (a + b))\n',
    malformed: "let () = no_such_name ()\n",
    failing: 'let () = failwith "on purpose"\n',
  },
  erlang: {
    hello: '\nmain(_) -> io:format("OK~n").\n',
    sum: '\nmain(_) ->\n  io:setopts([{encoding, unicode}]),\n  {ok, [A, B]} = io:fread("", "~d ~d"),\n  io:format("~w ~ts~n", [A + B, [233]]).\n',
    malformed: "\nmain(_) -> no_such_name(.\n",
    failing: "\nmain(_) -> halt(3).\n",
  },
  elixir: {
    hello: 'IO.puts("OK")\n',
    sum: 'sum = IO.gets("") |> String.split() |> Enum.map(&String.to_integer/1) |> Enum.sum()\nIO.puts("#{sum} é")\n',
    malformed: "IO.puts(\n",
    failing: "System.halt(3)\n",
  },
  lisp: {
    hello: '(format t "OK~%")\n',
    sum: '(format t "~a é~%" (+ (read) (read)))\n',
    malformed: "(format t\n",
    failing: "(sb-ext:exit :code 3)\n",
  },
  scheme: {
    hello: '(display "OK")\n(newline)\n',
    sum: '(let* ((a (read)) (b (read))) (display (+ a b)) (display " é") (newline))\n',
    malformed: '(display "OK"\n',
    failing: "(exit 3)\n",
  },
  racket: {
    hello: '#lang racket/base\n(displayln "OK")\n',
    sum: '#lang racket/base\n(displayln (format "~a é" (+ (read) (read))))\n',
    malformed: "#lang racket/base\n(displayln\n",
    failing: "#lang racket/base\n(exit 3)\n",
  },
  prolog: {
    hello: ":- initialization((write('OK'), nl)).\n",
    sum: ':- use_module(library(readutil)).\n:- initialization((read_line_to_string(user_input, Line), split_string(Line, " ", " ", Parts), maplist([T, N]>>number_string(N, T), Parts, Numbers), sumlist(Numbers, Sum), format("~w é~n", [Sum]))).\n',
    malformed: ":- initialization(no_such_predicate).\n:- initialization(halt(3)).\nbroken(\n",
    failing: ":- initialization(halt(3)).\n",
  },
  "prolog-gnu": {
    hello: ":- initialization((write('OK'), nl)).\n",
    sum: ":- initialization((read_integer(A), read_integer(B), C is A + B, write(C), write(' é'), nl)).\n",
    malformed: "broken( :- .\n",
    failing: ":- initialization(halt(3)).\n",
  },
};
