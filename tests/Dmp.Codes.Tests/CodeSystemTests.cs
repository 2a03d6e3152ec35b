using System.Globalization;
using System.Text;
using CsCheck;
using Dmp.Codes.Formats;
using Xunit;

namespace Dmp.Codes.Tests;

/// <summary>Code systems in the forms of their publishers.</summary>
public sealed class CodeSystemTests
{
    private static readonly (string Name, char Type, int Length)[] acts =
    [
        ("COD_ACTE", 'C', 13), ("DT_MODIF", 'D', 8), ("MENU_COD", 'N', 6), ("NOM_COURT", 'C', 70), ("NOM_LONG", 'C', 16),
        ("NOM_LONG0", 'C', 16), ("NOM_LONG1", 'C', 16), ("DT_CREATIO", 'D', 8), ("DT_FIN", 'D', 8),
    ];

    [Fact]
    public void Acts_of_CCAM_are_those_of_their_last_change_with_the_parts_of_their_name()
    {
        var table = Files.Dbf(
            acts,
            [
                ["ZBQK002", "20050720", "573", "Rx thor.", "Radiographie du ", "thorax, avant", "", "20050301", ""],
                ["ZBQK002", "20100121", "573", "Rx thor.", "Radiographie du ", "thorax", "", "20050301", ""],
                ["ZBQK002", "20270201", "573", "Rx thor.", "Radio du thorax", "", "", "20050301", "20300101"],
                ["DEQP003", "20050720", "12", "ECG", "Électrocardiogra", "phie sur au moin", "s 12 dérivations", "20050301", "20240131"],
                ["*AAAA001", "20050720", "12", "", "Rangée effacée", "", "", "20050301", ""],
                ["ABCD123", "", "12", "", "Sans date", "", "", "20050301", ""],
                ["", "20050720", "12", "", "Sans code", "", "", "20050301", ""],
                ["EFGH456", "20050720", "12", "", "Sans fin lisible", "", "", "20050301", "31122020"],
            ]);

        var reading = Files.Read(CodeKinds.Ccam, Files.Of("R_ACTE.dbf", table));

        var list = Assert.Single(reading.Lists);
        Assert.Equal(("1.2.250.1.213.2.5", "1.2.250.1.215.300.1"), (list.Oid, Assert.Single(list.OtherOids)));
        Assert.Equal(
            [
                ("ZBQK002", "Radiographie du thorax", new DateOnly(2005, 3, 1), new DateOnly(2027, 2, 1), 2),
                ("ZBQK002", "Radio du thorax", new DateOnly(2027, 2, 1), new DateOnly(2030, 1, 1), 3),
                ("DEQP003", "Électrocardiographie sur au moins 12 dérivations", new DateOnly(2005, 3, 1), new DateOnly(2024, 1, 31), 4),
            ],
            list.Concepts.Select(concept =>
                (concept.Code, concept.Display, concept.StartDate!.Value, concept.EndDate!.Value, concept.Line)));
        Assert.Equal(
            [
                (6, "ABCD123 has no date of change: which of its rows counts is not known"), (7, "no code"),
                (8, "EFGH456 has a day that cannot be read (20050301, 31122020)"),
            ],
            reading.Notices.Select(notice => (notice.Line, notice.Text)));
    }

    [Fact]
    public void Acts_of_laboratories_have_four_digits_and_the_code_page_is_that_of_the_file()
    {
        (string, char, int)[] columns =
            [("CODE_NABM", 'N', 4), ("NOM_COURT", 'C', 40), ("NOM_LONG", 'C', 60), ("DATE_DEBUT", 'D', 8), ("DATE_FIN", 'D', 8)];
        string[][] rows =
            [["552", "GLYCÉMIE", "Sang : glucose (glycémie) à jeun", "19850412", ""], ["1104", "HÉMOGRAMME", "", "", "99991231"]];

        foreach (var (driver, codePage) in ((byte, int)[])[(0, 850), (0x03, 1252)])
        {
            var list = Assert.Single(Files.Read(
                CodeKinds.Nabm, Files.Of("NABM_FICHE_TOT105.dbf", Files.Dbf(columns, rows, driver, codePage))).Lists);
            Assert.Equal(
                [("0552", "Sang : glucose (glycémie) à jeun"), ("1104", "HÉMOGRAMME")],
                list.Concepts.Select(concept => (concept.Code, concept.Display)));
            Assert.Equal((new DateOnly(1985, 4, 12), null), (list.Concepts[0].StartDate, list.Concepts[1].EndDate));
        }
    }

    [Fact]
    public void A_table_that_was_not_downloaded_whole_is_refused()
    {
        var table = Files.Dbf(acts, [["ZBQK002", "20050720", "573", "Rx", "Radiographie", "", "", "", ""]]);

        Assert.Contains("ends in row 1 of 1", Refusal(CodeKinds.Ccam, "R_ACTE.dbf", table[..^20]), StringComparison.Ordinal);
        Assert.Contains("ends in its header", Refusal(CodeKinds.Ccam, "R_ACTE.dbf", table[..100]), StringComparison.Ordinal);
        Assert.Contains("no table of dBASE", Refusal(CodeKinds.Ccam, "R_ACTE.dbf", "<html>"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("has no column CODE_NABM", Refusal(CodeKinds.Nabm, "NABM.dbf", table), StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_a_table_holds_it_is_read_or_refused() => Gen.Select(
        Gen.Byte.Array[0, 400], Gen.Int[0, 420], Gen.Bool).Sample((noise, cut, isTable) =>
        {
            byte[] bytes = isTable
                ? [.. Files.Dbf(acts, [["ZBQK002", "20050720", "1", "a", "b", "", "", "", ""]])[..cut], .. noise]
                : [3, .. noise];
            try
            {
                _ = Files.Read(CodeKinds.Ccam, Files.Of("R_ACTE.dbf", bytes));
            }
            catch (InvalidDataException)
            {
                // The one way to say it.
            }
        });

    [Fact]
    public void Codes_of_ICD_10_have_their_point_and_what_must_not_be_coded_is_told_apart()
    {
        var reading = Files.Read(CodeKinds.Cim10, Files.Of(
            "LIBCIM10MULTI.TXT",
            "I20   |3|NNN|3|ANGINE DE POITRINE|Angine de poitrine\r\n"
            + "I200  |0|ONO|0|ANGINE INSTABLE|Angine de poitrine instable\r\n"
            + "C169+0|0|OOO|0|TM ESTOMAC|Tumeur maligne de l'estomac, familiale\r\n"
            + "M0720 |3|NNN|3|SPONDYLITE PSO.|*** SU09 *** Spondylite psoriasique\r\n"
            + "Z514|1|soins\r\n"
            + "E10   |3|NNN|3|DIABETE|Diabète sucré\r\n",
            Encoding.Latin1));

        Assert.Equal(
            [
                ("I20", "Angine de poitrine", ConceptStatus.Heading, "I20"),
                ("I20.0", "Angine de poitrine instable", ConceptStatus.Active, "I200"),
                ("C16.9+0", "Tumeur maligne de l'estomac, familiale", ConceptStatus.Active, "C169+0"),
                ("M07.20", "Spondylite psoriasique", ConceptStatus.Retired, "M0720"),
                ("E10", "Diabète sucré", ConceptStatus.Heading, "E10"),
            ],
            reading.Lists[0].Concepts.Select(concept => (concept.Code, concept.Display, concept.Status, concept.Key)));
        Assert.Equal((5, "3 columns, and not 6"), (Assert.Single(reading.Notices).Line, reading.Notices[0].Text));
    }

    [Fact]
    public void A_damaged_line_is_kept_and_told()
    {
        byte[] line = [.. "I20   |0|NNN|3|X|Angine \u00e9"u8, 0x81, .. "x\r\n"u8];
        var reading = Files.Read(CodeKinds.Cim10, Files.Of("LIBCIM10MULTI.TXT", line));
        Assert.Equal("Angine Ã©\ufffdx", Assert.Single(reading.Lists[0].Concepts).Display);
        Assert.False(Assert.Single(reading.Notices).IsFault);
    }

    /// <summary>Fourth characters of E10, fifth ones of M00.0, both of W00; and what is excluded or not valid.</summary>
    [Fact]
    public void ICD_10_is_read_from_ClaML_with_the_codes_that_modifiers_make()
    {
        var reading = Files.Read(CodeKinds.Cim10, Files.Of(
            "CIM10.xml",
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE ClaML SYSTEM "ClaML.dtd">
            <ClaML version="2.0.0">
              <Title name="CIM-10" date="2024-01-01" version="2024">CIM-10</Title>
              <Modifier code="S04E10_4"><SubClass code=".0"/><SubClass code=".9"/></Modifier>
              <ModifierClass modifier="S04E10_4" code=".0">
                <Rubric kind="preferred"><Label>avec coma</Label></Rubric></ModifierClass>
              <ModifierClass modifier="S04E10_4" code=".9">
                <Rubric kind="preferred"><Label>sans complication</Label></Rubric></ModifierClass>
              <ModifierClass modifier="S13M00_5" code="0"><Rubric kind="preferred"><Label>sièges multiples</Label></Rubric></ModifierClass>
              <ModifierClass modifier="S13M00_5" code="1"><Rubric kind="preferred"><Label>épaule</Label></Rubric></ModifierClass>
              <ModifierClass modifier="S20W00_4" code=".0"><Rubric kind="preferred"><Label>domicile</Label></Rubric></ModifierClass>
              <ModifierClass modifier="S20V01_5" code="2"><Rubric kind="preferred"><Label>en travaillant</Label></Rubric></ModifierClass>
              <Class code="IX" kind="chapter"><SubClass code="I20-I25"/>
                <Rubric kind="preferred"><Label xml:lang="fr">Maladies de l'appareil circulatoire</Label></Rubric></Class>
              <Class code="I20.0" kind="category"><SuperClass code="I20"/>
                <Rubric kind="inclusion"><Label xml:lang="fr">Autre chose</Label></Rubric>
                <Rubric kind="preferred"><Label xml:lang="fr"><Term>Angine</Term> <Term>instable</Term><Reference
                  usage="aster">G01</Reference></Label></Rubric></Class>
              <Class code="E10" kind="category"><ModifiedBy code="S04E10_4"/>
                <Rubric kind="preferred"><Label>Diabète</Label></Rubric></Class>
              <Class code="M00" kind="category"><ModifiedBy code="S13M00_5"/><SubClass code="M00.0"/><SubClass code="M00.8"/>
                <SubClass code="M00.9"/><Rubric kind="preferred"><Label>Arthrites</Label></Rubric></Class>
              <Class code="M00.0" kind="category"><SuperClass code="M00"/>
                <Rubric kind="preferred"><Label>Arthrite</Label></Rubric></Class>
              <Class code="M00.8" kind="category"><SuperClass code="M00"/><ExcludeModifier code="S13M00_5"/>
                <Rubric kind="preferred"><Label>Autre arthrite</Label></Rubric></Class>
              <Class code="M00.9" kind="category"><SuperClass code="M00"/>
                <ModifiedBy code="S13M00_5"><ValidModifierClass code="1"/></ModifiedBy><ExcludeModifier code="none"/>
                <Rubric kind="preferred"><Label>Arthrite SAI</Label></Rubric></Class>
              <Class code="W00" kind="category"><ModifiedBy code="S20V01_5"/><ModifiedBy code="S20W00_4"/>
                <Rubric kind="preferred"><Label>Chute</Label></Rubric></Class>
            </ClaML>
            """));

        Assert.Equal("2024", reading.Lists[0].Version);
        Assert.Equal(
            [
                ("IX", "Maladies de l'appareil circulatoire", ConceptStatus.Heading),
                ("I20.0", "Angine instable", ConceptStatus.Active),
                ("E10", "Diabète", ConceptStatus.Heading),
                ("E10.0", "Diabète, avec coma", ConceptStatus.Active),
                ("E10.9", "Diabète, sans complication", ConceptStatus.Active),
                ("M00", "Arthrites", ConceptStatus.Heading),
                ("M00.0", "Arthrite", ConceptStatus.Heading),
                ("M00.00", "Arthrite, sièges multiples", ConceptStatus.Active),
                ("M00.01", "Arthrite, épaule", ConceptStatus.Active),
                ("M00.8", "Autre arthrite", ConceptStatus.Active),
                ("M00.9", "Arthrite SAI", ConceptStatus.Heading),
                ("M00.91", "Arthrite SAI, épaule", ConceptStatus.Active),
                ("W00", "Chute", ConceptStatus.Heading),
                ("W00.02", "Chute, domicile, en travaillant", ConceptStatus.Active),
            ],
            reading.Lists[0].Concepts.Select(concept => (concept.Code, concept.Display, concept.Status)));
        Assert.Empty(reading.Notices);
    }

    [Fact]
    public void LOINC_has_its_french_names_beside_the_english_ones()
    {
        var table = Files.Of(
            "Loinc.csv",
            "\"LOINC_NUM\",\"COMPONENT\",\"STATUS\",\"SHORTNAME\",\"LONG_COMMON_NAME\"\r\n"
            + "\"1558-6\",\"Glucose^post CFst\",\"ACTIVE\",\"Glucose p fast\",\"Fasting glucose [Mass/volume] in Serum or Plasma\"\r\n"
            + "\"2345-7\",\"Glucose\",\"DISCOURAGED\",\"Glucose\",\"Glucose, a \"\"name\"\", and more\"\r\n"
            + "\"9-9\",\"X\",\"DEPRECATED\",\"X\",\"Something\"\r\n"
            + "\"8-8\",\"X\",\"\",\"X\",\"Something else\"\r\n");
        var french = Files.Of(
            "frFR18LinguisticVariant.csv",
            "\"LOINC_NUM\",\"COMPONENT\",\"LONG_COMMON_NAME\",\"RELATEDNAMES2\",\"LinguisticVariantDisplayName\"\r\n"
            + "\"1558-6\",\"Glucose\",\"Glucose à jeun [Masse/Volume] Sérum/Plasma\",\"\",\"\"\r\n"
            + "\"2345-7\",\"Glucose\",\"Glucose [long]\",\"\",\"Glucose\"\r\n");

        var reading = Files.Read(CodeKinds.Loinc, table, french);

        Assert.Equal(
            [
                ("1558-6", "Glucose à jeun [Masse/Volume] Sérum/Plasma", "Fasting glucose [Mass/volume] in Serum or Plasma",
                    ConceptStatus.Active),
                ("2345-7", "Glucose", "Glucose, a \"name\", and more", ConceptStatus.Discouraged),
                ("9-9", "Something", "", ConceptStatus.Retired),
                ("8-8", "Something else", "", ConceptStatus.Active),
            ],
            reading.Lists[0].Concepts.Select(concept => (concept.Code, concept.Display, concept.EnglishDisplay, concept.Status)));
        Assert.Equal(5, Assert.Single(reading.Notices).Line);
        Assert.Contains(
            "has no column STATUS",
            Refusal(CodeKinds.Loinc, "Loinc.csv", "LOINC_NUM,LONG_COMMON_NAME\n"u8.ToArray()),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_index_of_ATC_is_read_with_its_levels()
    {
        var reading = Files.Read(CodeKinds.Atc, Files.Of(
            "2026 ATC.xml",
            """
            <xml xmlns:s="uuid:BDC6E3F0-6DA3-11d1-A2A3-00AA00C14882" xmlns:rs="urn:schemas-microsoft-com:rowset" xmlns:z="#RowsetSchema">
            <s:Schema id="RowsetSchema"/>
            <rs:data>
              <z:row ATCCode="B01AC" Name="Platelet aggregation inhibitors excl. heparin" Comment=""/>
              <z:row ATCCode="B01AC04" Name="clopidogrel"/>
              <z:row ATCCode="B01AC04" Name="clopidogrel" Comment="twice"/>
            </rs:data>
            </xml>
            """));

        Assert.Equal(
            [("B01AC", ConceptStatus.Heading), ("B01AC04", ConceptStatus.Active)],
            reading.Lists[0].Concepts.Select(concept => (concept.Code, concept.Status)));
        Assert.Equal("B01AC04 stands in line 5 too; that one is kept", Assert.Single(reading.Notices).Text);
    }

    [Fact]
    public void Rows_of_LOINC_that_are_broken_are_told_and_left_out()
    {
        const string Header = "LOINC_NUM,STATUS,LONG_COMMON_NAME\r\n";
        CodeReading Read(string rows) => Files.Read(CodeKinds.Loinc, Files.Of("Loinc.csv", Header + "\"1-8\",ACTIVE,\"One\"\r\n" + rows));

        foreach (var rows in (string[])
        [
            "\"2-6\",ACTIVE,\"Cut off",
            "\"2-6\",ACTIVE",
            "\"2-6\",ACTIVE,Two,much\r\n",
            "\"2-6\",ACTIVE,\"Two\r\n\"3-4\",ACTIVE,\"Three\"\r\n",
        ])
        {
            var reading = Read(rows);
            Assert.Equal("1-8", Assert.Single(reading.Lists[0].Concepts).Code);
            Assert.True(Assert.Single(reading.Notices).IsFault);
        }

        Assert.Contains(
            "no text in UTF-8",
            Refusal(CodeKinds.Loinc, "Loinc.csv", Encoding.Latin1.GetBytes(Header + "1-8,ACTIVE,Créatinine")),
            StringComparison.Ordinal);
        var mixed = Assert.Throws<InvalidDataException>(
            () => Files.Read(CodeKinds.Loinc, Files.Of("loinc.json", "{}"), Files.Of("french.csv", Header)));
        Assert.Contains("French names are read beside a table", mixed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_code_system_of_FHIR_is_read_at_any_depth()
    {
        const string System =
            """
            {"resourceType":"CodeSystem","url":"https://smt.esante.gouv.fr/terminologie-nabm","version":"105","language":"fr-FR",
             "content":"complete","concept":[
              {"code":"01","display":"Anatomie pathologique","concept":[
                {"code":"0004","display":"Un acte","designation":[{"language":"en","value":"An act"}],"concept":[
                  {"code":"0005","display":"Un ancien acte","property":[{"code":"status","valueCode":"deprecated"},
                    {"code":"deprecationDate","valueDateTime":"2020-05"}]}]}]},
              7, {"code":"0006"}, {"code":"0007","display":"Groupe","property":[{"code":"notSelectable","valueBoolean":true}]},
              {"code":"0008","display":"Retiré","property":[{"code":"deprecated","valueBoolean":true}]},
              {"code":"0009","display":"Déconseillé","property":[{"code":"deprecated","valueDateTime":"2020-05-01"}]},
              {"code":"0010","display":"Partie","property":[{"code":"parent","valueCode":"0011"}]},
              {"code":"0011","display":"Chapitre"}, {"code":"0012","display":"Racine","property":[{"code":"child","valueCode":"0011"}]}]}
            """;
        var reading = Files.Read(CodeKinds.Nabm, Files.Of("CodeSystem-nabm.json", System));

        Assert.Equal("105", reading.Lists[0].Version);
        Assert.Equal(
            [
                ("01", "", ConceptStatus.Heading, (DateOnly?)null),
                ("0004", "An act", ConceptStatus.Heading, null),
                ("0005", "", ConceptStatus.Retired, new DateOnly(2020, 5, 1)),
                ("0007", "", ConceptStatus.Heading, null),
                ("0008", "", ConceptStatus.Retired, null),
                ("0009", "", ConceptStatus.Discouraged, null),
                ("0010", "", ConceptStatus.Active, null),
                ("0011", "", ConceptStatus.Heading, null),
                ("0012", "", ConceptStatus.Heading, null),
            ],
            reading.Lists[0].Concepts.Select(concept => (concept.Code, concept.EnglishDisplay, concept.Status, concept.EndDate)));
        Assert.Equal(
            [(4, "behind this entry: no concept"), (4, "0006 has no name")],
            reading.Notices.Select(notice => (notice.Line, notice.Text)));

        Assert.Contains("that of ccam is", Refusal(CodeKinds.Ccam, "x.json", System), StringComparison.Ordinal);
        Assert.Contains(
            "its content is 'fragment'",
            Refusal(CodeKinds.Nabm, "x.json", System.Replace("complete", "fragment", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.Contains("cannot be read", Refusal(CodeKinds.Nabm, "x.json", System[..^3]), StringComparison.Ordinal);
        Assert.Contains("no CodeSystem of FHIR", Refusal(CodeKinds.Nabm, "x.json", "[]"), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_the_names_in_FHIR_the_display_counts_and_no_synonym()
    {
        var reading = Files.Read(CodeKinds.Atc, Files.Of(
            "CodeSystem-atc.json",
            """
            {"resourceType":"CodeSystem","url":"https://smt.esante.gouv.fr/terminologie-atc","content":"complete","concept":[
              {"code":"B01AC","display":"Antiagrégants plaquettaires",
                "designation":[{"language":"fr","use":{"code":"synonym"},"value":"Antiplaquettaires"}]},
              {"code":"B01AC04","display":"clopidogrel (en)","designation":[{"language":"fr","value":"clopidogrel"}]}]}
            """));

        Assert.Equal(
            [("Antiagrégants plaquettaires", "", ConceptStatus.Heading), ("clopidogrel", "", ConceptStatus.Active)],
            reading.Lists[0].Concepts.Select(concept => (concept.Display, concept.EnglishDisplay, concept.Status)));
    }

    [Fact]
    public void Codes_and_names_that_are_too_long_are_told_and_left_out()
    {
        var reading = Files.Read(CodeKinds.Cim10, Files.Of(
            "LIBCIM10MULTI.TXT",
            $"{new string('I', Concept.CodeLengthMax)}|0|ONO|0|X|Trop long avec son point\n"
            + $"I10|0|ONO|0|X|{new string('x', Concept.DisplayLengthMax + 1)}\n"
            + $"I11|0|ONO|0|X|{new string('x', Concept.DisplayLengthMax)}\n"));

        Assert.Equal("I11", Assert.Single(reading.Lists[0].Concepts).Code);
        Assert.Equal(
            ["a code of more than 100 characters", "I10 has a name of more than 4000 characters"],
            reading.Notices.Select(notice => notice.Text));
    }

    [Fact]
    public void A_file_of_another_form_is_refused_with_the_forms_there_are()
    {
        foreach (var kind in CodeKinds.All.Values.Where(kind => kind != CodeKinds.ValueSets))
        {
            Assert.Contains($"files of {kind.Name} are", Refusal(kind, "x.xlsx", "PK"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("20201216", "2020-12-16")]
    [InlineData(" 20201216000000 ", "2020-12-16")]
    [InlineData("2020-12-16T00:00:00+01:00", "2020-12-16")]
    [InlineData("2020-12", "2020-12-01")]
    [InlineData("2020", "2020-01-01")]
    [InlineData("20201316", "wrong")]
    [InlineData("31122020", "wrong")]
    [InlineData("31/12/2020", "wrong")]
    [InlineData("202", "wrong")]
    [InlineData("        ", "")]
    [InlineData("00000000", "")]
    [InlineData(null, "")]
    public void Days_are_read_as_publishers_write_them(string? written, string day) => Assert.Equal(
        day,
        PublishedDate.TryRead(written, out var read) ? read?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "" : "wrong");

    private static string Refusal(CodeKind kind, string name, string text) => Refusal(kind, name, Encoding.UTF8.GetBytes(text));

    private static string Refusal(CodeKind kind, string name, byte[] bytes) =>
        Assert.Throws<InvalidDataException>(() => Files.Read(kind, Files.Of(name, bytes))).Message;
}
