public class forever {
    static volatile long spins = 0;
    public static void main(String[] args) { while (spins >= 0) spins = (spins + 1) & 0xffff; }
}
