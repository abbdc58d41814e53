import java.io.IOException;
import java.io.StreamTokenizer;

public class Main {
    public static void main(String[] arguments) throws IOException {
        StreamTokenizer in = new StreamTokenizer(System.in);
        in.nextToken();
        int n = (int) in.nval;
        int[] seen = new int[n];
        java.util.Arrays.fill(seen, -1);
        seen[0] = 0;
        long total = 0;
        for (int i = 1; i <= n; i++) {
            in.nextToken();
            total = (total + (long) in.nval) % n;
            if (seen[(int) total] >= 0) {
                System.out.println((seen[(int) total] + 1) + " " + i);
                return;
            }
            seen[(int) total] = i;
        }
    }
}
