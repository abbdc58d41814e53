import java.io.*;
import java.util.*;

class Anna {
    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        int n = Integer.parseInt(in.readLine().trim());
        StringTokenizer words = new StringTokenizer(in.readLine());
        Map<String, Integer> last = new HashMap<>();
        String found = "impossible";
        for (int i = 1; i <= n; i++) {
            Integer before = last.put(words.nextToken(), i);
            if (before != null) found = before + " " + i;
        }
        System.out.println(found);
    }
}
