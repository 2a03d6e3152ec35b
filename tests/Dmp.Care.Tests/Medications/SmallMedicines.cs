using System.Text;
using Dmp.Interactions;
using Dmp.Interactions.Medicines;

namespace Dmp.Care.Tests.Medications;

/// <summary>A small medicines database: published names, codes of our own.</summary>
internal static class SmallMedicines
{
    public const string Plavix = "10000001";
    public const string Clopidogrel = "10000002";
    public const string Keppra = "10000003";
    public const string Levetiracetam = "10000004";
    public const string Coversyl = "10000005";
    public const string Perindopril = "10000006";
    public const string Voltarene = "10000007";
    public const string Emulgel = "10000008";
    public const string Exforge = "10000009";
    public const string Amlor = "10000010";
    public const string Coumadine5 = "10000011";
    public const string Coumadine2 = "10000012";
    public const string Bisoprolol5 = "10000013";
    public const string Bisoprolol2 = "10000014";
    public const string Ibuprofen = "10000015";
    public const string Ketoprofen = "10000016";
    public const string Kardegic = "10000017";
    public const string Previscan = "10000018";
    public const string Methotrexate = "10000019";
    public const string Amoxicillin = "10000020";
    public const string Lovenox = "10000021";
    public const string Metformin = "10000022";
    public const string Atorvastatin = "10000023";
    public const string Tramadol = "10000024";
    public const string Cordarone = "10000025";

    private static readonly string[] rows =
    [
        $"{Plavix}|PLAVIX 75 mg, comprimé pelliculé|comprimé pelliculé|orale|B01AC04|"
            + "CLOPIDOGREL (HYDROGÉNOSULFATE DE):97,875 mg>CLOPIDOGREL BASE:75 mg",
        $"{Clopidogrel}|CLOPIDOGREL ESSAI 75 mg, comprimé|comprimé|orale|B01AC04|"
            + "CLOPIDOGREL (HYDROGÉNOSULFATE DE):97,875 mg>CLOPIDOGREL BASE:75 mg",
        $"{Keppra}|KEPPRA 500 mg, comprimé pelliculé|comprimé|orale|N03AX14|LÉVÉTIRACÉTAM:500 mg",
        $"{Levetiracetam}|LEVETIRACETAM ESSAI 500 mg, comprimé|comprimé|orale||LÉVÉTIRACÉTAM:500 mg",
        $"{Coversyl}|COVERSYL 5 mg, comprimé|comprimé|orale||PÉRINDOPRIL ARGININE:5 mg>PÉRINDOPRIL:3,395 mg",
        $"{Perindopril}|PERINDOPRIL ESSAI 4 mg, comprimé|comprimé|orale||PÉRINDOPRIL TERT-BUTYLAMINE:4 mg>PÉRINDOPRIL:3,338 mg",
        $"{Voltarene}|VOLTARENE 50 mg, comprimé|comprimé|orale||DICLOFÉNAC SODIQUE:50 mg",
        $"{Emulgel}|VOLTARENE EMULGEL 1 %, gel|gel|cutanée||DICLOFÉNAC DE DIÉTHYLAMINE:1,16 g",
        $"{Exforge}|EXFORGE 5 mg/80 mg, comprimé|comprimé|orale||BÉSILATE D'AMLODIPINE:6,94 mg>AMLODIPINE:5 mg;VALSARTAN:80 mg",
        $"{Amlor}|AMLOR 5 mg, gélule|gélule|orale||BÉSILATE D'AMLODIPINE:6,94 mg>AMLODIPINE:5 mg",
        $"{Coumadine5}|COUMADINE 5 mg, comprimé sécable|comprimé|orale||WARFARINE SODIQUE:5 mg",
        $"{Coumadine2}|COUMADINE 2 mg, comprimé sécable|comprimé|orale||WARFARINE SODIQUE:2 mg",
        $"{Bisoprolol5}|BISOPROLOL ESSAI 5 mg, comprimé|comprimé|orale||FUMARATE DE BISOPROLOL:5 mg",
        $"{Bisoprolol2}|BISOPROLOL ESSAI 2,5 mg, comprimé|comprimé|orale||FUMARATE DE BISOPROLOL:2,5 mg",
        $"{Ibuprofen}|IBUPROFENE ESSAI 200 mg, comprimé|comprimé|orale||IBUPROFÈNE:200 mg",
        $"{Ketoprofen}|KETOPROFENE ESSAI 100 mg, comprimé|comprimé|orale||KÉTOPROFÈNE:100 mg",
        $"{Kardegic}|KARDEGIC 75 mg, poudre pour solution buvable|poudre|orale|B01AC06|"
            + "ACÉTYLSALICYLATE DE DL-LYSINE:135 mg>ACIDE ACÉTYLSALICYLIQUE:75 mg",
        $"{Previscan}|PREVISCAN 20 mg, comprimé quadrisécable|comprimé|orale|B01AA12|FLUINDIONE:20 mg",
        $"{Methotrexate}|METHOTREXATE ESSAI 10 mg, comprimé|comprimé|orale|L04AX03|MÉTHOTREXATE:10 mg",
        $"{Amoxicillin}|AMOXICILLINE ESSAI 500 mg, gélule|gélule|orale|J01CA04|AMOXICILLINE TRIHYDRATÉE:574 mg>AMOXICILLINE:500 mg",
        $"{Lovenox}|LOVENOX 4000 UI, solution injectable|solution|sous-cutanée|B01AB05|ÉNOXAPARINE SODIQUE:4000 UI",
        $"{Metformin}|METFORMINE ESSAI 500 mg, comprimé|comprimé|orale|A10BA02|CHLORHYDRATE DE METFORMINE:500 mg>METFORMINE:390 mg",
        $"{Atorvastatin}|ATORVASTATINE ESSAI 20 mg, comprimé|comprimé|orale|C10AA05|ATORVASTATINE CALCIQUE:20,7 mg>ATORVASTATINE:20 mg",
        $"{Tramadol}|TRAMADOL ESSAI 100 mg/mL, solution buvable|solution|orale|N02AX02|TRAMADOL (CHLORHYDRATE DE):100 mg",
        $"{Cordarone}|CORDARONE 200 mg, comprimé|comprimé|orale|C01BD01|CHLORHYDRATE D'AMIODARONE:200 mg",
    ];

    public static MedicineTable Table { get; } = Read();

    private static MedicineTable Read()
    {
        StringBuilder products = new();
        StringBuilder compositions = new();
        StringBuilder atc = new();
        Dictionary<string, int> codes = [];
        foreach (var columns in rows.Select(row => row.Split('|')))
        {
            products.Append(FormattableString.Invariant(
                $"{columns[0]}\t{columns[1]}\t{columns[2]}\t{columns[3]}\tActive\tNationale\tCommercialisée\t"))
                .Append("01/01/2000\t\t\tESSAI\tNon\n");
            var link = 0;
            foreach (var ingredient in columns[5].Split(';'))
            {
                link++;
                foreach (var (part, nature) in ingredient.Split('>').Zip(["SA", "FT"]))
                {
                    var (name, dose) = (part.Split(':')[0], part.Split(':')[1]);
                    codes.TryAdd(name, codes.Count + 1);
                    compositions.Append(FormattableString.Invariant(
                        $"{columns[0]}\t{columns[2]}\t{codes[name]:00000}\t{name}\t{dose}\tune unité\t{nature}\t{link}\n"));
                }
            }

            if (columns[4].Length > 0)
            {
                atc.Append(FormattableString.Invariant($"{columns[0]}\t{columns[4]}\t{columns[1]}\t\n"));
            }
        }

        return BdpmFiles.Read(
            "small",
            [File("CIS_bdpm.txt", products), File("CIS_COMPO_bdpm.txt", compositions), File("CIS_MITM.txt", atc)]).Table;
    }

    private static PublishedFile File(string name, StringBuilder content) =>
        new(name, () => new MemoryStream(Encoding.UTF8.GetBytes(content.ToString())));
}
