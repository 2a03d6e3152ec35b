using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Npgsql;

namespace Dmp.Server.Data;

/// <summary>
/// Keeps the Data Protection keys in the database, so that every server reads every server's page tokens and nothing has
/// to be configured. The keys protect page tokens only; whoever reads the table can read the rest of the database too.
/// The interface is the framework's and synchronous; it is called once a day or so.
/// </summary>
internal sealed class KeyRing(NpgsqlDataSource source) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var command = source.CreateCommand(KeyRingSql.List);
        using var reader = command.ExecuteReader();
        var elements = new List<XElement>();
        while (reader.Read())
        {
            elements.Add(XElement.Parse(reader.GetString(0)));
        }

        return elements;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var command = source.CreateCommand(KeyRingSql.Add);
        command.Parameters.AddWithValue("Name", friendlyName);
        command.Parameters.AddWithValue("Xml", element.ToString(SaveOptions.DisableFormatting));
        command.ExecuteNonQuery();
    }
}

internal static class KeyRingSql
{
    public const string List = "select xml from key_ring order by name";

    public const string Add = "insert into key_ring (name, xml) values (@Name, @Xml) on conflict on constraint key_ring_pkey do nothing";
}
