use std::io::Read;

fn unseen<T: Copy>(value: T) -> T {
    unsafe { std::ptr::read_volatile(&value) }
}

fn deep(n: u64) -> u64 {
    if unseen(n) == 0 { 0 } else { 1 + unseen(deep(n - 1)) }
}

#[allow(unconditional_recursion)]
fn fall(n: u64) -> u64 {
    unseen(fall(unseen(n + 1))) + 1
}

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    let words: Vec<&str> = text.split_whitespace().collect();
    let (a, b): (u64, u64) = (words[1].parse().unwrap(), words[2].parse().unwrap());
    match words[0] {
        "sum" => print!("{}", a + b),
        "deep" => print!("{}", deep(a)),
        "throw" => panic!("thrown"),
        "loop" => loop { unseen(0); },
        "hog" => { let mut all = vec![]; loop { all.push(vec![1u8; 1 << 20]); } }
        "given" => {
            for one in std::env::args().skip(1) { print!("[{}]", one); }
            print!("{}", std::fs::read_to_string("map/a.txt").unwrap());
        }
        "fall" => print!("{}", fall(0)),
        _ => {}
    }
}
