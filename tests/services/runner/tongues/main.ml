let rec deep n = if n = 0 then 0 else 1 + deep (n - 1)
let rec fall n = 1 + fall (n + 1)

let () =
  Scanf.scanf " %s %d %d" (fun word a b ->
    match word with
    | "sum" -> print_int (a + b)
    | "deep" -> print_int (deep a)
    | "throw" -> failwith "thrown"
    | "loop" -> while true do ignore (Sys.opaque_identity a) done
    | "hog" -> let all = ref [] in while true do all := Bytes.make 1000000 'x' :: !all done
    | "given" ->
      Array.iteri (fun i one -> if i > 0 then Printf.printf "[%s]" one) Sys.argv;
      print_string (input_line (open_in "map/a.txt"))
    | "fall" -> print_int (fall 0)
    | _ -> ())
